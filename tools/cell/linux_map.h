/* SPDX-License-Identifier: BSD-2-Clause */
/* The memory of a cell as a kernel in it will see it. */
#ifndef CELL_LINUX_MAP_H
#define CELL_LINUX_MAP_H

#include "abi/cell.h"
#include "loader/bzimage.h"
#include "mem/e820.h"

/* Where things are below 1 MiB: as on a PC, ROM's place has the tables. */
#define LINUX_LOW_END    0xa0000ULL
#define LINUX_TABLES     0xf0000ULL
#define LINUX_TABLES_END 0x100000ULL

struct linux_region {
	u64 at;
	u64 size;
	bool ram;  /* the kernel may use it as it likes */
	bool load; /* and it can be loaded */
};

/** Sorted, adjacent ones of a kind joined. */
struct linux_map {
	struct linux_region *region;
	u32 n;
};

/** 0 or -ENOMEM. Free with linux_map_free(). */
int linux_map_build(const struct holm_cell_desc *d, struct linux_map *map);
void linux_map_free(struct linux_map *map);

/** Is [at, at + size) loadable RAM in one piece? */
bool linux_map_is_ram(const struct linux_map *map, u64 at, u64 size);

/** Is nothing of the cell in [at, at + size)? */
bool linux_map_is_free(const struct linux_map *map, u64 at, u64 size);

/** The map the kernel is told: entries, or -E2BIG if max is too small. */
int linux_map_e820(const struct linux_map *map, struct e820_entry *e, u32 max);

/** Where the kernel goes; false: nowhere. */
bool linux_map_place_kernel(const struct linux_map *map,
			    const struct bzimage *img, u64 *at);

/** Where an initrd of size goes, the kernel being at kernel. */
bool linux_map_place_initrd(const struct linux_map *map,
			    const struct bzimage *img, u64 kernel, u64 size,
			    u64 *at);

#endif
