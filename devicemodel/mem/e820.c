/* SPDX-License-Identifier: BSD-2-Clause */
#include "mem/e820.h"

#include "mem/layout.h"

static void e820_add(struct e820_map *map, u64 base, u64 end, u32 type)
{
	assert(map->count < E820_MAX && base < end);
	map->entry[map->count++] =
		(struct e820_entry){ base, end - base, type };
}

void e820_build(const struct guest_mem *mem, struct e820_map *map)
{
	map->count = 0;
	e820_add(map, 0, LOWMEM_END, E820_RAM);
	e820_add(map, FIRMWARE_BASE, FIRMWARE_END, E820_RESERVED);
	e820_add(map, FIRMWARE_END, mem->low, E820_RAM);
	e820_add(map, PCI_ECAM_BASE, PCI_ECAM_BASE + PCI_ECAM_SIZE,
		 E820_RESERVED);
	if (mem->high)
		e820_add(map, GUEST_HIGH_BASE, GUEST_HIGH_BASE + mem->high,
			 E820_RAM);
}
