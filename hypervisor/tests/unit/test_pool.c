/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/mem_util.h"

#include <string.h>

#define PAGES 200
#define HPA0  0x40003000

static int setup(void **state)
{
	struct test_pool *tp = calloc(1, sizeof(*tp));

	test_pool_make(tp, PAGES, HPA0);
	/* Memory from firmware holds anything. */
	memset(tp->mem, 0xa5, PAGES * PAGE_SIZE);
	*state = tp;
	return 0;
}

static int teardown(void **state)
{
	test_pool_drop(*state);
	free(*state);
	return 0;
}

static bool is_zero(const void *p, u64 pages)
{
	const u64 *w = p;

	for (u64 i = 0; i < pages * PAGE_SIZE / sizeof(*w); i++) {
		if (w[i] != 0)
			return false;
	}
	return true;
}

static void takes_every_page_once(void **state)
{
	struct test_pool *tp = *state;
	bool seen[PAGES] = { false };

	for (u64 i = 0; i < PAGES; i++) {
		u8 *p = pool_alloc(&tp->pool, 1, 1);
		u64 n;

		assert_non_null(p);
		assert_true(is_zero(p, 1));
		n = (u64)(p - tp->pool.base) / PAGE_SIZE;
		assert_true(n < PAGES && !seen[n]);
		seen[n] = true;
		memset(p, 0xff, PAGE_SIZE);
	}
	assert_int_equal(tp->pool.used, PAGES);
	assert_null(pool_alloc(&tp->pool, 1, 1));
}

static void aligns_the_physical_address(void **state)
{
	struct test_pool *tp = *state;

	for (u64 align = 1; align <= 64; align *= 2) {
		void *p = pool_alloc(&tp->pool, 3, align);

		assert_non_null(p);
		assert_int_equal(pool_hpa(&tp->pool, p).v % (align * PAGE_SIZE),
				 0);
	}
}

static void refuses_bad_requests(void **state)
{
	struct test_pool *tp = *state;

	assert_null(pool_alloc(&tp->pool, 0, 1));
	assert_null(pool_alloc(&tp->pool, PAGES + 1, 1));
	assert_null(pool_alloc(&tp->pool, ~(u64)0, 1));
	assert_null(pool_alloc(&tp->pool, 1, 3));
	assert_null(pool_alloc(&tp->pool, 1, BIT64(63)));
	assert_int_equal(tp->pool.used, 0);
}

static void detects_bad_frees(void **state)
{
	struct test_pool *tp = *state;
	u8 *p = pool_alloc(&tp->pool, 4, 1);
	u8 *q = pool_alloc(&tp->pool, 1, 1);

	q[0] = 1;
	assert_int_equal(pool_free(&tp->pool, p + 1, 1), -EINVAL);
	assert_int_equal(pool_free(&tp->pool, p, 0), -EINVAL);
	assert_int_equal(pool_free(&tp->pool, p, 6), -EINVAL);
	assert_int_equal(pool_free(&tp->pool, p, ~(u64)0), -EINVAL);
	assert_int_equal(pool_free(&tp->pool, p - PAGE_SIZE, 1), -EINVAL);
	assert_int_equal(
		pool_free(&tp->pool, tp->pool.base + PAGES * PAGE_SIZE, 1),
		-EINVAL);
	assert_int_equal(pool_free(&tp->pool, NULL, 1), -EINVAL);
	assert_int_equal(tp->pool.used, 5);
	assert_int_equal(pool_free(&tp->pool, p, 4), 0);
	assert_int_equal(pool_free(&tp->pool, p, 4), -EINVAL);
	assert_int_equal(pool_free(&tp->pool, p + 3 * PAGE_SIZE, 2), -EINVAL);
	assert_int_equal(q[0], 1);
	assert_int_equal(tp->pool.used, 1);
}

static void wipes_what_is_freed(void **state)
{
	struct test_pool *tp = *state;
	u8 *p = pool_alloc(&tp->pool, 2, 1);

	memset(p, 0x5a, 2 * PAGE_SIZE);
	assert_int_equal(pool_free(&tp->pool, p, 2), 0);
	assert_true(is_zero(p, 2));
}

static void translates_addresses(void **state)
{
	struct test_pool *tp = *state;
	u8 *last = tp->pool.base + PAGES * PAGE_SIZE - 1;

	assert_int_equal(pool_hpa(&tp->pool, tp->pool.base).v, HPA0);
	assert_int_equal(pool_hpa(&tp->pool, last).v,
			 HPA0 + PAGES * PAGE_SIZE - 1);
	assert_int_equal(pool_hpa(&tp->pool, last + 1).v, ADDR_NONE);
	assert_int_equal(pool_hpa(&tp->pool, tp->pool.base - 1).v, ADDR_NONE);
	assert_ptr_equal(pool_hva(&tp->pool, HPA(HPA0 + 5)), tp->pool.base + 5);
	assert_null(pool_hva(&tp->pool, HPA(HPA0 - 1)));
	assert_null(pool_hva(&tp->pool, HPA(HPA0 + PAGES * PAGE_SIZE)));
}

#define RUNS 64

struct model {
	bool taken[PAGES];
	struct {
		u64 first, pages;
	} run[RUNS];
};

/* What first-fit should answer; PAGES if nothing fits. */
static u64 model_find(const struct model *m, u64 pages, u64 align)
{
	for (u64 n = 0; n + pages <= PAGES; n++) {
		u64 k = 0;

		if ((HPA0 / PAGE_SIZE + n) % align != 0)
			continue;
		while (k < pages && !m->taken[n + k])
			k++;
		if (k == pages)
			return n;
	}
	return PAGES;
}

static void model_mark(struct model *m, u64 first, u64 pages, bool taken)
{
	for (u64 k = 0; k < pages; k++)
		m->taken[first + k] = taken;
}

static void random_alloc(struct test_pool *tp, struct model *m, struct rng *r,
			 u64 i)
{
	u64 pages = rng_below(r, 8) == 0 ? 1 + rng_below(r, 70)
					 : 1 + rng_below(r, 4);
	u64 align = BIT64(rng_below(r, 5));
	u64 want = model_find(m, pages, align);
	u8 *p = pool_alloc(&tp->pool, pages, align);

	if (want == PAGES) {
		assert_null(p);
		return;
	}
	assert_ptr_equal(p, tp->pool.base + want * PAGE_SIZE);
	assert_true(is_zero(p, pages));
	memset(p, 0xee, pages * PAGE_SIZE);
	model_mark(m, want, pages, true);
	m->run[i].first = want;
	m->run[i].pages = pages;
}

static void agrees_with_a_model(void **state)
{
	struct test_pool *tp = *state;
	struct rng r = { 1 };
	struct model m = { 0 };

	for (u32 step = 0; step < 20000; step++) {
		u64 i = rng_below(&r, RUNS);
		u8 *p = tp->pool.base + m.run[i].first * PAGE_SIZE;

		if (m.run[i].pages == 0) {
			random_alloc(tp, &m, &r, i);
			continue;
		}
		assert_int_equal(pool_free(&tp->pool, p, m.run[i].pages), 0);
		model_mark(&m, m.run[i].first, m.run[i].pages, false);
		m.run[i].pages = 0;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(takes_every_page_once, setup,
						teardown),
		cmocka_unit_test_setup_teardown(aligns_the_physical_address,
						setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_bad_requests, setup,
						teardown),
		cmocka_unit_test_setup_teardown(detects_bad_frees, setup,
						teardown),
		cmocka_unit_test_setup_teardown(wipes_what_is_freed, setup,
						teardown),
		cmocka_unit_test_setup_teardown(translates_addresses, setup,
						teardown),
		cmocka_unit_test_setup_teardown(agrees_with_a_model, setup,
						teardown),
	};

	return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
