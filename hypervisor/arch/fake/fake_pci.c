/* SPDX-License-Identifier: BSD-2-Clause */
/* PCI functions of books: registers, and which of their bits can change. */
#include <string.h>

#include "arch/fake/fake.h"
#include "arch/x86/pciconf.h"
#include "core/log.h"

static struct fake_pci *fake_pci_find(u32 bdf)
{
	for (u32 i = 0; i < fake.npci; i++)
		if (fake.pci[i].bdf == bdf)
			return &fake.pci[i];
	return NULL;
}

struct fake_pci *fake_pci_add(u32 bdf)
{
	struct fake_pci *f = &fake.pci[fake.npci++];

	CHECK(fake.npci <= ARRAY_SIZE(fake.pci));
	memset(f, 0, sizeof(*f));
	f->bdf = bdf;
	return f;
}

u32 pciconf_data_read(u32 address, u32 lane, u32 size)
{
	const struct fake_pci *f = fake_pci_find(address >> 8 & 0xffff);
	u32 val = ~0U;

	if (f)
		memcpy(&val, &f->cfg[(address & 0xfc) + lane], size);
	return size == 4 ? val : val & (BIT32(size * 8) - 1);
}

void pciconf_data_write(u32 address, u32 lane, u32 size, u32 val)
{
	struct fake_pci *f = fake_pci_find(address >> 8 & 0xffff);
	u32 reg = (address & 0xfc) + lane;

	for (u32 i = 0; f && i < size; i++) {
		u8 mask = f->writable[reg + i];
		u8 byte = (u8)(val >> (8 * i));

		f->cfg[reg + i] =
			(u8)((f->cfg[reg + i] & ~mask) | (byte & mask));
	}
	if (f && f->on_write)
		f->on_write(f, reg, size, val);
}
