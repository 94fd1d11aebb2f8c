/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/iospace.h"

#include "core/log.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/pool.h"

static u64 table_pages(u32 cap)
{
	return align_up(cap * sizeof(struct io_range), PAGE_SIZE) >> PAGE_SHIFT;
}

_Static_assert(sizeof(struct io_space) <= PAGE_SIZE, "one page");

struct io_space *io_space_create(struct page_pool *pool)
{
	struct io_space *space = pool_alloc(pool, 1, 1);

	if (space)
		space->pool = pool;
	return space;
}

static void table_free(struct page_pool *pool, struct io_table *t)
{
	if (t->range)
		CHECK(pool_free(pool, t->range, table_pages(t->cap)) == 0);
	*t = (struct io_table){ 0 };
}

void io_space_destroy(struct io_space *space)
{
	if (!space)
		return;
	table_free(space->pool, &space->pio);
	table_free(space->pool, &space->mmio);
	CHECK(pool_free(space->pool, space, 1) == 0);
}

/* One page more; the old ranges move. */
static int table_grow(struct page_pool *pool, struct io_table *t)
{
	struct io_table old = *t;
	u64 pages = table_pages(old.cap) + 1;
	struct io_range *range = pool_alloc(pool, pages, 1);

	if (!range)
		return -ENOMEM;
	if (old.n > 0)
		memcpy(range, old.range, old.n * sizeof(*range));
	table_free(pool, &old);
	t->range = range;
	t->cap = (u32)(pages * PAGE_SIZE / sizeof(*range));
	return 0;
}

static int table_add(struct page_pool *pool, struct io_table *t,
		     const struct io_range *r)
{
	u32 at = 0;

	while (at < t->n && t->range[at].base < r->base)
		at++;
	if (at < t->n && range_overlaps(t->range[at].base, t->range[at].size,
					r->base, r->size))
		return -EEXIST;
	if (at > 0 && range_overlaps(t->range[at - 1].base,
				     t->range[at - 1].size, r->base, r->size))
		return -EEXIST;
	if (t->n == t->cap && table_grow(pool, t))
		return -ENOMEM;
	memmove(&t->range[at + 1], &t->range[at],
		(t->n - at) * sizeof(t->range[0]));
	t->range[at] = *r;
	t->last = NULL; /* ranges moved */
	t->n++;
	return 0;
}

int io_space_add_pio(struct io_space *space, const struct io_range *r)
{
	struct io_range copy = *r;

	if (!range_valid(r->base, r->size) ||
	    !range_inside(r->base, r->size, 0, IO_PORTS))
		return -EINVAL;
	copy.bias = 0;
	return table_add(space->pool, &space->pio, &copy);
}

int io_space_add_mmio(struct io_space *space, const struct io_range *r)
{
	struct io_range copy = *r;

	if (!range_valid(r->base, r->size))
		return -EINVAL;
	copy.bias = r->base;
	return table_add(space->pool, &space->mmio, &copy);
}

const struct io_range *io_table_search(struct io_table *t, u64 addr)
{
	const struct io_range *r = t->range;
	u32 n = t->n;

	while (n > 0) {
		u32 half = n / 2;
		const struct io_range *mid = r + half;

		if (addr < mid->base) {
			n = half;
		} else if (addr - mid->base < mid->size) {
			__atomic_store_n(&t->last, mid, __ATOMIC_RELAXED);
			return mid;
		} else {
			r = mid + 1;
			n -= half + 1;
		}
	}
	return NULL;
}
