/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Physical memory maps in the form firmware and Linux pass them on (ACPI
 * specification, "System Address Map Interfaces"). The caller owns the array.
 */
#ifndef MEM_E820_H
#define MEM_E820_H

#include "lib/types.h"

enum e820_type {
	E820_RAM = 1,
	E820_RESERVED = 2,
	E820_ACPI = 3,
	E820_NVS = 4,
	E820_UNUSABLE = 5,
	E820_PERSISTENT = 7,
};

struct e820_entry {
	u64 base;
	u64 size;
	u32 type;
} __packed;

_Static_assert(sizeof(struct e820_entry) == 20, "ACPI, table 15.5");

struct e820 {
	struct e820_entry *e;
	u32 n;   /* entries in use */
	u32 cap; /* entries the array holds */
};

/** An empty map over the array @buf of @cap entries. */
void e820_init(struct e820 *m, struct e820_entry *buf, u32 cap);

/**
 * Append an entry. -EINVAL if @size is 0 or @base + @size exceeds 2^64 - 1,
 * -ENOSPC if the array is full.
 */
int e820_add(struct e820 *m, u64 base, u64 size, u32 type);

/** Make @dst say what @src says. -ENOSPC if it has no room; @dst is empty. */
int e820_copy(struct e820 *dst, const struct e820 *src);

/**
 * Sort by address, resolve overlaps (the more restrictive type wins: RAM,
 * ACPI, NVS, unknown types, reserved, unusable), merge neighbours of one type,
 * drop empty and wrapping entries. -ENOSPC if the array is too short for a
 * split that is needed; the map then still says the same, unsorted.
 */
int e820_sanitize(struct e820 *m);

/**
 * Take a range out of the RAM entries: trim a head or a tail, split, swallow.
 * Other types stay. -EINVAL for an empty or wrapping range, -ENOSPC when a
 * split finds no free entry; nothing changed then.
 */
int e820_cut(struct e820 *m, u64 base, u64 size);

/**
 * Find the highest multiple of @align (a power of two, bytes) so that @size
 * bytes there lie inside one RAM entry and inside [@min, @max). The map must
 * be sanitized; it is not changed. -EINVAL, -ENOMEM.
 */
int e820_alloc_top(const struct e820 *m, u64 size, u64 align, u64 min, u64 max,
		   u64 *base);

/** The end of the highest entry of any type; 0 for an empty map. */
u64 e820_end(const struct e820 *m);

/** True if every byte of the range is RAM and nothing else claims it. */
bool e820_is_ram(const struct e820 *m, u64 base, u64 size);

/** Sum of the RAM entries of a sanitized map, in bytes. */
u64 e820_ram_bytes(const struct e820 *m);

#endif
