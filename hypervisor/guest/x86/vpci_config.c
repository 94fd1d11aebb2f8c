/* SPDX-License-Identifier: BSD-2-Clause */
#include "guest/x86/vpci.h"

#include "lib/string.h"

u32 vpci_config_get(const struct vpci_config *c, u32 reg)
{
	u32 v;

	memcpy(&v, &c->bytes[reg], sizeof(v));
	return v;
}

void vpci_config_set(struct vpci_config *c, u32 reg, u32 val)
{
	memcpy(&c->bytes[reg], &val, sizeof(val));
}

u32 vpci_config_read(const struct vpci_config *c, u32 reg, u32 size)
{
	u32 val = 0;

	if (reg + size <= VPCI_HEADER_SIZE)
		memcpy(&val, &c->bytes[reg], size);
	return val;
}

static u32 writable_bits(const struct vpci_config *c, u32 reg)
{
	for (u32 i = 0; i < c->nwritable; i++)
		if (c->writable[i].reg == reg)
			return c->writable[i].mask;
	return 0;
}

void vpci_config_write(struct vpci_config *c, u32 reg, u32 size, u32 val)
{
	u32 at = reg & ~3U, shift = (reg & 3) * 8;
	u32 lanes = (size == 4 ? ~0U : BIT32(size * 8) - 1) << shift;
	u32 mask;

	if (reg + size > VPCI_HEADER_SIZE)
		return;
	mask = writable_bits(c, at) & lanes;
	vpci_config_set(c, at,
			(vpci_config_get(c, at) & ~mask) |
				((val << shift) & mask));
}
