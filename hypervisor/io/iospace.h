/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which device inside the hypervisor answers a port or an address of a VM.
 * Ranges change only before the VM starts or while its vCPUs are parked, so
 * looking one up takes no lock.
 */
#ifndef IO_IOSPACE_H
#define IO_IOSPACE_H

#include "lib/types.h"

struct page_pool;

#define IO_PORTS 0x10000U

/**
 * One access. @at is the port number for ports, the offset into the range
 * for MMIO. Reads set *@val whole; writes look at the low @size bytes.
 */
typedef int (*io_access_fn)(void *dev, u32 at, u32 size, u64 *val);

struct io_range {
	const char *name;
	u64 base; /* port or guest-physical address */
	u64 size;
	u64 bias; /* address - bias is what the device is told */
	io_access_fn read;
	io_access_fn write;
	void *dev;
};

/** Ranges in rising order, none overlapping. */
struct io_table {
	struct io_range *range;
	/* The last one found; any CPU may set it, all of them are right. */
	const struct io_range *last;
	u32 n;
	u32 cap;
};

struct io_space {
	struct io_table pio;
	struct io_table mmio;
	struct page_pool *pool;
};

/** An empty space, made of @pool's pages; NULL when there is none. */
struct io_space *io_space_create(struct page_pool *pool);

/** @space may be NULL. */
void io_space_destroy(struct io_space *space);

/**
 * Let @r's functions answer [@r->base, @r->base + @r->size); bias is set
 * here. @r is copied. -EINVAL: empty, wraps, or (ports) beyond 0xffff;
 * -EEXIST: overlaps a range; -ENOMEM.
 */
int io_space_add_pio(struct io_space *space, const struct io_range *r);
int io_space_add_mmio(struct io_space *space, const struct io_range *r);

/** io_table_find() for a range that is not the last one found. */
const struct io_range *io_table_search(struct io_table *t, u64 addr);

/** The last range found, if it contains @addr, else NULL. Exit path. */
static inline const struct io_range *io_table_last(const struct io_table *t,
						   u64 addr)
{
	const struct io_range *r = __atomic_load_n(&t->last, __ATOMIC_RELAXED);

	return likely(r && addr - r->base < r->size) ? r : NULL;
}

/** The range that contains @addr, or NULL. */
static inline const struct io_range *io_table_find(struct io_table *t, u64 addr)
{
	const struct io_range *r = io_table_last(t, addr);

	return likely(r) ? r : io_table_search(t, addr);
}

/** What nobody answers: reads as ones, writes nothing. @size is 1 to 8. */
static inline void io_no_answer(u32 size, bool write, u64 *val)
{
	if (!write)
		*val = ~(u64)0 >> (64 - 8 * size);
}

/**
 * Let @r answer an access that begins in it. One that runs over its end, or
 * that the device refuses, is answered by nobody.
 */
static inline void io_range_access(const struct io_range *r, u64 addr, u32 size,
				   bool write, u64 *val)
{
	io_access_fn fn = write ? r->write : r->read;

	if (unlikely(r->size - (addr - r->base) < size ||
		     fn(r->dev, (u32)(addr - r->bias), size, val)))
		io_no_answer(size, write, val);
}

/**
 * Port access of @size 1, 2, 4. True: a device in here answered. False:
 * nobody claims the port.
 */
static inline bool io_space_pio(struct io_space *space, u16 port, u32 size,
				bool write, u64 *val)
{
	const struct io_range *r = io_table_find(&space->pio, port);

	if (!r)
		return false;
	io_range_access(r, port, size, write, val);
	return true;
}

/** Memory access of @size 1, 2, 4, 8. Results as io_space_pio(). */
static inline bool io_space_mmio(struct io_space *space, u64 gpa, u32 size,
				 bool write, u64 *val)
{
	const struct io_range *r = io_table_find(&space->mmio, gpa);

	if (!r)
		return false;
	io_range_access(r, gpa, size, write, val);
	return true;
}

#endif
