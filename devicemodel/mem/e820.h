/* SPDX-License-Identifier: BSD-2-Clause */
/* The memory map a guest is told. */
#ifndef MEM_E820_H
#define MEM_E820_H

#include "mem/guest_mem.h"

#define E820_RAM      1U
#define E820_RESERVED 2U
#define E820_MAX      8

/* Linux, Documentation/arch/x86/boot.rst: zero page, e820_table. */
struct e820_entry {
	u64 base;
	u64 len;
	u32 type;
} __attribute__((packed));
static_assert(sizeof(struct e820_entry) == 20, "boot_e820_entry");

struct e820_map {
	struct e820_entry entry[E820_MAX];
	u32 count;
};

/** The map for RAM split as in mem; low RAM must reach above 1 MiB. */
void e820_build(const struct guest_mem *mem, struct e820_map *map);

#endif
