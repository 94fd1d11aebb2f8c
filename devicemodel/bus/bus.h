/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who answers at which address: one registry for ports, one for memory.
 *
 * A bus belongs to the thread that serves I/O requests; devices add and
 * remove ranges before that thread starts, or on it (a BAR that moves).
 * Accesses that no range holds whole are unclaimed: they read as all ones,
 * writes are dropped, and both are counted.
 */
#ifndef BUS_BUS_H
#define BUS_BUS_H

#include "core/types.h"

struct bus_ops {
	/** off is relative to the range; size is 1, 2, 4 or 8. */
	u64 (*read)(void *dev, u64 off, u32 size);
	/** val has no bits above size. */
	void (*write)(void *dev, u64 off, u32 size, u64 val);
};

struct bus_range {
	u64 base;
	u64 len;
	const char *name;
	const struct bus_ops *ops;
	void *dev;
};

struct bus {
	struct bus_range *range; /* sorted by base, disjoint */
	u32 count;
	u32 capacity;
	u64 limit; /* first address beyond the bus */
	u64 unclaimed_reads;
	u64 unclaimed_writes;
};

/** limit: 0x10000 for ports; 0 means the whole 64-bit space. */
void bus_init(struct bus *bus, u64 limit);
void bus_free(struct bus *bus);

/**
 * Add a range. -EINVAL: empty or beyond the bus; -EEXIST: overlaps another;
 * -ENOMEM.
 */
int bus_add(struct bus *bus, const struct bus_range *range);

/** Remove the range that dev registered at base; -ENOENT if there is none. */
int bus_remove(struct bus *bus, u64 base, const void *dev);

u64 bus_read(struct bus *bus, u64 addr, u32 size);
void bus_write(struct bus *bus, u64 addr, u32 size, u64 val);

#endif
