/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any memory map, put in order, cut and searched: afterwards it is sorted and
 * without overlaps, what was cut out is no RAM, and what was found is.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/errno.h"
#include "mem/e820.h"

#define CAP    24U
#define CUTS   4
#define ENTRY  6 /* bytes of input: where, how much, of what */
#define HEADER 2

static void check(bool ok)
{
	if (!ok)
		abort();
}

static void check_order(const struct e820 *m)
{
	for (u32 i = 0; i < m->n; i++) {
		check(m->e[i].size != 0);
		check(m->e[i].base + m->e[i].size > m->e[i].base);
		if (i > 0)
			check(m->e[i - 1].base + m->e[i - 1].size <=
			      m->e[i].base);
	}
}

/* Near something that matters, or anywhere: bits of a byte. */
static u64 number(const u8 *p)
{
	static const u64 base[] = { 0,      0x9fc00, MIB(1),    MIB(16),
				    GIB(1), GIB(4),  BIT64(52), BIT64(63) };
	u64 v = base[p[0] & 7] + (u64)(p[0] >> 3) * PAGE_SIZE;

	return p[1] & 0x80 ? v - p[1] : v + (u64)p[1] * 0x1000;
}

static void try_alloc(const struct e820 *m, u64 size)
{
	u64 at;

	if (e820_alloc_top(m, size, PAGE_SIZE, MIB(1), GIB(4), &at))
		return;
	check(at >= MIB(1) && at + size <= GIB(4) && at % PAGE_SIZE == 0);
	check(e820_is_ram(m, at, size));
}

static void try_cut(struct e820 *m, const u8 *p)
{
	u64 base = number(p), size = number(p + 2) & ~(PAGE_SIZE - 1);
	u64 before = e820_ram_bytes(m);
	int rc = e820_cut(m, base, size);

	check(rc == 0 || rc == -EINVAL || rc == -ENOSPC);
	check(e820_ram_bytes(m) <= before);
	if (rc) {
		check(e820_ram_bytes(m) == before);
		return;
	}
	check(!e820_is_ram(m, base, 1));
	check(!e820_is_ram(m, base + size - 1, 1));
	check_order(m);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct e820_entry buf[CAP];
	struct e820 m;

	if (size < HEADER)
		return 0;
	e820_init(&m, buf, 1 + data[0] % CAP);
	for (data += HEADER, size -= HEADER; size >= ENTRY + CUTS * 4;
	     data += ENTRY, size -= ENTRY)
		e820_add(&m, number(data), number(data + 2), data[4]);
	if (e820_sanitize(&m))
		return 0;
	check_order(&m);
	check(m.n == 0 ||
	      e820_end(&m) == m.e[m.n - 1].base + m.e[m.n - 1].size);
	for (; size >= 4; data += 4, size -= 4) {
		try_cut(&m, data);
		try_alloc(&m, number(data) & ~(PAGE_SIZE - 1));
	}
	return 0;
}
