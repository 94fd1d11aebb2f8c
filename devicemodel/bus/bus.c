/* SPDX-License-Identifier: BSD-2-Clause */
#include "bus/bus.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void bus_init(struct bus *bus, u64 limit)
{
	memset(bus, 0, sizeof(*bus));
	bus->limit = limit;
}

void bus_free(struct bus *bus)
{
	free(bus->range);
	memset(bus, 0, sizeof(*bus));
}

/* Index of the first range whose end lies above addr. */
static u32 bus_lower(const struct bus *bus, u64 addr)
{
	u32 lo = 0, hi = bus->count, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (addr - bus->range[mid].base < bus->range[mid].len ||
		    addr < bus->range[mid].base)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

static int bus_grow(struct bus *bus)
{
	u32 capacity = bus->capacity ? bus->capacity * 2 : 16;
	struct bus_range *r;

	if (bus->count < bus->capacity)
		return 0;
	r = reallocarray(bus->range, capacity, sizeof(*r));
	if (!r)
		return -ENOMEM;
	bus->range = r;
	bus->capacity = capacity;
	return 0;
}

int bus_add(struct bus *bus, const struct bus_range *range)
{
	u64 last = range->base + range->len - 1;
	u32 i;

	if (range->len == 0 || last < range->base ||
	    (bus->limit && last >= bus->limit))
		return -EINVAL;
	i = bus_lower(bus, range->base);
	if (i < bus->count && bus->range[i].base <= last)
		return -EEXIST;
	if (bus_grow(bus))
		return -ENOMEM;
	memmove(&bus->range[i + 1], &bus->range[i],
		(bus->count - i) * sizeof(*range));
	bus->range[i] = *range;
	bus->count++;
	return 0;
}

int bus_remove(struct bus *bus, u64 base, const void *dev)
{
	u32 i = bus_lower(bus, base);

	if (i == bus->count || bus->range[i].base != base ||
	    bus->range[i].dev != dev)
		return -ENOENT;
	bus->count--;
	memmove(&bus->range[i], &bus->range[i + 1],
		(bus->count - i) * sizeof(*bus->range));
	return 0;
}

static const struct bus_range *bus_find(const struct bus *bus, u64 addr,
					u32 size)
{
	u32 i = bus_lower(bus, addr);
	const struct bus_range *r;
	u64 off;

	if (i == bus->count)
		return NULL;
	r = &bus->range[i];
	off = addr - r->base;
	if (addr < r->base || size > r->len || off > r->len - size)
		return NULL;
	return r;
}

u64 bus_read(struct bus *bus, u64 addr, u32 size)
{
	const struct bus_range *r = bus_find(bus, addr, size);

	if (!r) {
		bus->unclaimed_reads++;
		return size_mask(size);
	}
	return r->ops->read(r->dev, addr - r->base, size) & size_mask(size);
}

void bus_write(struct bus *bus, u64 addr, u32 size, u64 val)
{
	const struct bus_range *r = bus_find(bus, addr, size);

	if (!r) {
		bus->unclaimed_writes++;
		return;
	}
	r->ops->write(r->dev, addr - r->base, size, val & size_mask(size));
}
