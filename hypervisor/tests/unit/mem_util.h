/* SPDX-License-Identifier: BSD-2-Clause */
/* What the memory tests share: a repeatable random source and a page pool. */
#ifndef TESTS_UNIT_MEM_UTIL_H
#define TESTS_UNIT_MEM_UTIL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/bitmap.h"
#include "lib/errno.h"
#include "mem/pool.h"

/** xorshift64*; the seed is fixed so that a failure repeats. */
struct rng {
	u64 s;
};

static inline u64 rng_next(struct rng *r)
{
	r->s ^= r->s >> 12;
	r->s ^= r->s << 25;
	r->s ^= r->s >> 27;
	return r->s * 0x2545f4914f6cdd1d;
}

/** Uniform in [0, @n). */
static inline u64 rng_below(struct rng *r, u64 n)
{
	return (rng_next(r) >> 11) % n;
}

struct test_pool {
	struct page_pool pool;
	void *mem;
	u64 *bitmap;
};

/** A pool of @pages whose host-physical addresses start at @hpa. */
static inline void test_pool_make(struct test_pool *tp, u64 pages, u64 hpa)
{
	tp->mem = aligned_alloc(PAGE_SIZE, pages * PAGE_SIZE);
	tp->bitmap = malloc(BITMAP_WORDS(pages) * sizeof(u64));
	assert_non_null(tp->mem);
	assert_non_null(tp->bitmap);
	pool_init(&tp->pool, tp->mem, HPA(hpa), pages, tp->bitmap);
}

static inline void test_pool_drop(struct test_pool *tp)
{
	free(tp->mem);
	free(tp->bitmap);
}

/** Make all but @keep of the free pages unavailable, by shrinking the pool. */
static inline void *test_pool_hog(struct test_pool *tp, u64 keep)
{
	void **list = NULL;

	while (tp->pool.pages - tp->pool.used > keep) {
		void **page = pool_alloc(&tp->pool, 1, 1);

		assert_non_null(page);
		*page = list;
		list = page;
	}
	return list;
}

/** Undo test_pool_hog(). */
static inline void test_pool_unhog(struct test_pool *tp, void *list)
{
	while (list != NULL) {
		void *next = *(void **)list;

		assert_int_equal(pool_free(&tp->pool, list, 1), 0);
		list = next;
	}
}

#endif
