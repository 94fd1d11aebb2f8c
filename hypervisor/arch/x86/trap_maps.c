/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/x86/trap_maps.h"

#include "lib/bitmap.h"
#include "lib/string.h"
#include "mem/pages.h"

struct trap_maps *trap_maps_new(const struct trap_layout *l)
{
	struct trap_maps *m = pages_alloc(1);

	if (!m)
		return NULL;
	m->io = pages_alloc(l->io_pages);
	m->msr = pages_alloc(l->msr_pages);
	if (!m->io || !m->msr) {
		trap_maps_delete(m, l);
		return NULL;
	}
	m->io_hpa = pages_hpa(m->io);
	m->msr_hpa = pages_hpa(m->msr);
	/* Until the policy opens them. */
	memset(m->io, 0xff, l->io_pages * PAGE_SIZE);
	memset(m->msr, 0xff, l->msr_pages * PAGE_SIZE);
	return m;
}

void trap_maps_delete(struct trap_maps *m, const struct trap_layout *l)
{
	if (!m)
		return;
	pages_free(m->io, l->io_pages);
	pages_free(m->msr, l->msr_pages);
	pages_free(m, 1);
}

void trap_maps_put_ports(struct trap_maps *m, u16 port, u32 count, bool trap)
{
	for (u32 i = 0; i < count && port + i <= 0xffff; i++)
		bitmap_put(m->io, port + i, trap);
}

u32 trap_maps_msr_bit(const struct trap_layout *l, u32 msr)
{
	for (u32 i = 0; i < l->ranges; i++) {
		u32 n = msr - l->range[i].first;

		if (n < TRAP_MSRS_A_RANGE)
			return l->range[i].byte * 8 + n * l->msr_bits;
	}
	return TRAP_MSR_NO_BIT;
}

void trap_maps_put_msr(struct trap_maps *m, const struct trap_layout *l,
		       u32 msr, bool read, bool write)
{
	u32 n = trap_maps_msr_bit(l, msr);

	if (n == TRAP_MSR_NO_BIT)
		return;
	bitmap_put(m->msr, n, read);
	bitmap_put(m->msr, n + l->msr_write, write);
}

bool trap_maps_port_passes(const struct trap_maps *m, u32 port)
{
	return port <= 0xffff && !bitmap_test(m->io, port);
}

bool trap_maps_msr_passes(const struct trap_maps *m,
			  const struct trap_layout *l, u32 msr, bool write)
{
	u32 n = trap_maps_msr_bit(l, msr);

	return n != TRAP_MSR_NO_BIT &&
	       !bitmap_test(m->msr, write ? n + l->msr_write : n);
}
