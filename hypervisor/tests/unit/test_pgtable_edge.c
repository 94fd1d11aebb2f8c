/* SPDX-License-Identifier: BSD-2-Clause */
/* Refusals, running out of memory, shared tables, a concurrent walker. */
#include "mem/pgtable.h"

#include <pthread.h>
#include <string.h>

#include "tests/unit/mem_util.h"
#include "tests/unit/pgtable_hw.h"

#define POOL_PAGES 700
#define BASE       (GIB(512) - GIB(2))
#define RW_WB      (PT_RW | PT_WB)
#define RWX_WB     (PT_RWX | PT_WB)

struct bed {
	struct test_pool tp;
	struct pgtable a;
	struct pgtable b;
};

static int setup(void **state)
{
	struct bed *bed = calloc(1, sizeof(*bed));

	test_pool_make(&bed->tp, POOL_PAGES, 0x1000);
	assert_int_equal(pgtable_init(&bed->a, &pt_format_host, &bed->tp.pool,
				      PT_LEAF_ALL),
			 0);
	assert_int_equal(pgtable_init(&bed->b, &pt_format_host, &bed->tp.pool,
				      PT_LEAF_ALL),
			 0);
	*state = bed;
	return 0;
}

static int teardown(void **state)
{
	struct bed *bed = *state;

	pgtable_destroy(&bed->b);
	pgtable_destroy(&bed->a);
	assert_int_equal(bed->tp.pool.used, 0);
	assert_int_equal(bed->a.table_pages + bed->b.table_pages, 0);
	test_pool_drop(&bed->tp);
	free(bed);
	return 0;
}

static int hash_leaf(const struct pt_leaf *leaf, void *arg)
{
	u64 *h = arg;

	*h = (*h ^ leaf->va) * 0x100000001b3;
	*h = (*h ^ leaf->pa) * 0x100000001b3;
	*h = (*h ^ leaf->size ^ leaf->attr) * 0x100000001b3;
	return 0;
}

/* A number that tells two trees with different mappings apart. */
static u64 digest(const struct pgtable *pt)
{
	u64 h = 0xcbf29ce484222325;

	assert_int_equal(pgtable_for_each(pt, 0, BIT64(47), hash_leaf, &h), 0);
	return h;
}

static void refuses_bad_arguments(void **state)
{
	struct bed *bed = *state;
	struct pgtable *pt = &bed->a;
	struct pt_leaf leaf;
	static const struct {
		u64 va, pa, size;
		u32 attr;
	} bad[] = {
		{ 0x1001, 0, 0x1000, RW_WB },
		{ 0x1000, 0x10, 0x1000, RW_WB },
		{ 0x1000, 0, 0x1800, RW_WB },
		{ 0x1000, 0, 0, RW_WB },
		{ BIT64(47), 0, 0x1000, RW_WB },
		{ BIT64(47) - 0x1000, 0, 0x2000, RW_WB },
		{ 0xffff7ffffffff000, 0, 0x1000, RW_WB },
		{ 0xfffffffffffff000, 0, 0x2000, RW_WB },
		{ 0, 0, BIT64(48), RW_WB },
		{ 0x1000, BIT64(52), 0x1000, RW_WB },
		{ 0x1000, BIT64(52) - 0x1000, 0x2000, RW_WB },
		{ 0x1000, ~(u64)0xfff, 0x2000, RW_WB },
		{ 0x1000, 0, 0x1000, PT_W | PT_WB },
		{ 0x1000, 0, 0x1000, PT_R | (2 << PT_TYPE_SHIFT) },
		{ 0x1000, 0, 0x1000, PT_R | (7 << PT_TYPE_SHIFT) },
		{ 0x1000, 0, 0x1000, RW_WB | BIT32(5) },
	};

	for (u32 i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(pgtable_map(pt, bad[i].va, bad[i].pa,
					     bad[i].size, bad[i].attr),
				 -EINVAL);
	assert_int_equal(pgtable_unmap(pt, 0x1001, 0x1000), -EINVAL);
	assert_int_equal(pgtable_protect(pt, 0x1000, 0x1000, 0), -EINVAL);
	assert_false(pgtable_lookup(pt, BIT64(47), &leaf));
	assert_int_equal(pt->table_pages, 1);
	assert_int_equal(pgtable_map(pt, 0xfffffffffffff000, BIT64(52) - 0x1000,
				     0x1000, RW_WB),
			 0);
	assert_true(pgtable_lookup(pt, ~(u64)0, &leaf));
	assert_int_equal(leaf.va, 0xfffffffffffff000);
}

static void refuses_odd_leaf_levels(void **state)
{
	struct bed *bed = *state;
	static const u8 bad[] = { 0, PT_LEAF_2M, PT_LEAF_4K | PT_LEAF_1G };
	struct pgtable pt;

	for (u32 i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(pgtable_init(&pt, &pt_format_ept,
					      &bed->tp.pool, bad[i]),
				 -EINVAL);
	assert_int_equal(bed->tp.pool.used, 2);
}

/* What a failing operation runs on: leaves of all sizes. */
static void populate(struct pgtable *pt)
{
	assert_int_equal(pgtable_map(pt, BASE, GIB(8), GIB(4), RWX_WB), 0);
	assert_int_equal(pgtable_unmap(pt, BASE + GIB(1) + MIB(4), MIB(6)), 0);
	assert_int_equal(pgtable_unmap(pt, BASE + MIB(10), 0x3000), 0);
	pgtable_reap(pt);
}

static int oom_map(struct bed *bed)
{
	return pgtable_map(&bed->a, BASE - GIB(2) - 0x5000, GIB(16) - 0x5000,
			   GIB(2) + 0x5000, RW_WB);
}

static int oom_unmap(struct bed *bed)
{
	return pgtable_unmap(&bed->a, BASE + GIB(2) + 0x3000, 0x5000);
}

static int oom_protect(struct bed *bed)
{
	return pgtable_protect(&bed->a, BASE + GIB(2) - 0x3000, GIB(1),
			       PT_R | PT_WB);
}

static int oom_share(struct bed *bed)
{
	return pgtable_share(&bed->b, &bed->a, BASE - GIB(3), GIB(8));
}

static void out_of_memory_changes_nothing(void **state)
{
	static int (*const ops[])(struct bed *) = {
		oom_unmap,
		oom_protect,
		oom_share,
		oom_map,
	};

	for (u32 i = 0; i < ARRAY_SIZE(ops); i++) {
		struct bed *bed;
		u32 refused = 0;

		teardown(state);
		setup(state);
		bed = *state;
		populate(&bed->a);
		for (u64 keep = 0; keep < 32; keep++) {
			u64 used = bed->tp.pool.used;
			u64 was = digest(&bed->a), was_b = digest(&bed->b);
			void *hog = test_pool_hog(&bed->tp, keep);
			int ret = ops[i](bed);

			test_pool_unhog(&bed->tp, hog);
			if (ret == 0)
				break;
			refused++;
			assert_int_equal(ret, -ENOMEM);
			assert_int_equal(bed->tp.pool.used, used);
			assert_int_equal(digest(&bed->a), was);
			assert_int_equal(digest(&bed->b), was_b);
		}
		assert_true(refused >= 1 && refused < 32);
		assert_int_equal(bed->tp.pool.used,
				 bed->a.table_pages + bed->b.table_pages);
	}
}

static void splitting_takes_no_more_than_needed(void **state)
{
	struct bed *bed = *state;
	struct pgtable *pt = &bed->a;
	u64 tables;

	populate(pt);
	tables = pt->table_pages;
	/* Inside one 2 MiB page of a 1 GiB leaf: two tables. */
	assert_int_equal(pgtable_unmap(pt, BASE + GIB(2) + 0x3000, 0x5000), 0);
	assert_int_equal(pt->table_pages, tables + 2);
	/* Over the boundary of two 1 GiB leaves, one split already. */
	assert_int_equal(pgtable_protect(pt, BASE + GIB(3) - 0x1000, 0x2000,
					 PT_R | PT_WB),
			 0);
	assert_int_equal(pt->table_pages, tables + 5);
}

static void tables_wait_for_reap(void **state)
{
	struct bed *bed = *state;
	struct pgtable *pt = &bed->a;
	struct hw_page hw;

	assert_int_equal(pgtable_map(pt, BASE, 0x1000, 0x1000, RW_WB), 0);
	assert_int_equal(pt->table_pages, 4);
	assert_int_equal(pgtable_unmap(pt, BASE, 0x1000), 0);
	assert_int_equal(pt->table_pages, 4);
	assert_int_equal(hw_walk(pt, BASE, &hw), HW_ABSENT);
	pgtable_reap(pt);
	assert_int_equal(pt->table_pages, 1);
	/* Without reap, destroying frees them too: see teardown. */
	assert_int_equal(pgtable_map(pt, BASE, 0x1000, 0x1000, RW_WB), 0);
	assert_int_equal(pgtable_unmap(pt, BASE, 0x1000), 0);
}

static int stop_at_third(const struct pt_leaf *leaf, void *arg)
{
	u32 *n = arg;

	(void)leaf;
	return ++*n == 3 ? 77 : 0;
}

static void for_each_stops_when_told(void **state)
{
	struct bed *bed = *state;
	u32 n = 0;

	assert_int_equal(pgtable_map(&bed->a, BASE, 0, 0x8000, RW_WB), 0);
	assert_int_equal(
		pgtable_for_each(&bed->a, BASE, 0x8000, stop_at_third, &n), 77);
	assert_int_equal(n, 3);
}

/* Sharing. */

#define SHARE_BASE (GIB(512) - GIB(1))
#define SHARE_SIZE (GIB(1) + GIB(512) + GIB(2))

static void assert_same_view(const struct bed *bed)
{
	struct rng r = { 3 };

	for (u32 i = 0; i < 2000; i++) {
		u64 va = SHARE_BASE + rng_below(&r, SHARE_SIZE);
		struct hw_page a = { 0 }, b = { 0 };
		enum hw_result ra = hw_walk(&bed->a, va, &a);

		assert_int_not_equal(ra, HW_BAD);
		assert_int_equal(ra, hw_walk(&bed->b, va, &b));
		assert_memory_equal(&a, &b, sizeof(a));
	}
}

static void share_follows_later_changes(void **state)
{
	struct bed *bed = *state;
	struct pgtable *a = &bed->a, *b = &bed->b;
	struct rng r = { 5 };

	assert_int_equal(pgtable_map(a, SHARE_BASE, GIB(4), GIB(3), RW_WB), 0);
	assert_int_equal(pgtable_map(b, 0x1000, 0x1000, 0x1000, RW_WB), 0);
	assert_int_equal(pgtable_share(b, a, SHARE_BASE, SHARE_SIZE), 0);
	assert_same_view(bed);
	for (u32 i = 0; i < 60; i++) {
		u64 off = rng_below(&r, SHARE_SIZE / MIB(2) - 512) * MIB(2);
		u64 size = MIB(2) + rng_below(&r, 3) * PAGE_SIZE;

		assert_int_equal(pgtable_unmap(a, SHARE_BASE + off, size), 0);
		pgtable_reap(a);
		if (rng_below(&r, 2) == 0)
			assert_int_equal(pgtable_map(a, SHARE_BASE + off,
						     GIB(9), size, RWX_WB),
					 0);
		assert_same_view(bed);
	}
	/* Even emptied, the shared tables stay for what comes next. */
	assert_int_equal(pgtable_unmap(a, SHARE_BASE, SHARE_SIZE), 0);
	pgtable_reap(a);
	assert_same_view(bed);
	assert_int_equal(pgtable_map(a, SHARE_BASE, 0, SHARE_SIZE, RW_WB), 0);
	assert_same_view(bed);
}

static void sharer_cannot_change_what_it_shares(void **state)
{
	struct bed *bed = *state;
	struct pgtable *a = &bed->a, *b = &bed->b;
	u64 was;

	assert_int_equal(pgtable_map(a, SHARE_BASE, GIB(4), GIB(1), RW_WB), 0);
	assert_int_equal(pgtable_share(b, a, SHARE_BASE, SHARE_SIZE), 0);
	was = digest(a);
	assert_int_equal(pgtable_unmap(b, SHARE_BASE, 0x1000), -EPERM);
	assert_int_equal(pgtable_unmap(b, SHARE_BASE - GIB(1), GIB(3)), -EPERM);
	assert_int_equal(pgtable_protect(b, SHARE_BASE, GIB(1), PT_R), -EPERM);
	assert_int_equal(pgtable_map(b, SHARE_BASE + GIB(1), 0, 0x1000, RW_WB),
			 -EPERM);
	assert_int_equal(pgtable_map(b, SHARE_BASE - 0x1000, 0, 0x2000, RW_WB),
			 -EPERM);
	assert_int_equal(pgtable_share(b, a, SHARE_BASE, GIB(1)), -EEXIST);
	assert_int_equal(digest(a), was);
	assert_int_equal(digest(b), was);
	/* Beside it, its own mappings are its own. */
	assert_int_equal(pgtable_map(b, SHARE_BASE - 0x1000, 0, 0x1000, RW_WB),
			 0);
	assert_int_equal(digest(a), was);
	pgtable_destroy(b);
	assert_int_equal(digest(a), was);
}

static void share_refuses(void **state)
{
	struct bed *bed = *state;
	struct pgtable *a = &bed->a, *b = &bed->b;
	struct pgtable c;

	assert_int_equal(pgtable_share(b, a, MIB(2), GIB(1)), -EINVAL);
	assert_int_equal(pgtable_share(b, a, 0, GIB(1) + MIB(2)), -EINVAL);
	assert_int_equal(pgtable_share(b, a, 0, 0), -EINVAL);
	assert_int_equal(pgtable_share(a, a, 0, GIB(1)), -EINVAL);
	assert_int_equal(
		pgtable_init(&c, &pt_format_npt, &bed->tp.pool, PT_LEAF_ALL),
		0);
	assert_int_equal(pgtable_share(&c, a, 0, GIB(1)), -EINVAL);
	pgtable_destroy(&c);
	assert_int_equal(pgtable_map(b, MIB(2), 0, 0x1000, RW_WB), 0);
	assert_int_equal(pgtable_share(b, a, 0, GIB(1)), -EEXIST);
	assert_int_equal(a->table_pages, 1);
}

static void share_passes_on(void **state)
{
	struct bed *bed = *state;
	struct pgtable c;
	struct pt_leaf leaf;

	assert_int_equal(
		pgtable_init(&c, &pt_format_host, &bed->tp.pool, PT_LEAF_ALL),
		0);
	assert_int_equal(pgtable_share(&bed->b, &bed->a, 0, GIB(512)), 0);
	assert_int_equal(pgtable_share(&c, &bed->b, 0, GIB(512)), 0);
	/* Part of a table that is not b's own. */
	assert_int_equal(pgtable_share(&c, &bed->b, GIB(512), GIB(1)), 0);
	assert_int_equal(pgtable_map(&bed->a, 0, 0, 0x1000, RW_WB), 0);
	assert_true(pgtable_lookup(&c, 0, &leaf));
	pgtable_destroy(&c);
	assert_true(pgtable_lookup(&bed->b, 0, &leaf));
	assert_int_equal(
		pgtable_init(&c, &pt_format_host, &bed->tp.pool, PT_LEAF_ALL),
		0);
	assert_int_equal(pgtable_share(&c, &bed->b, 0, GIB(1)), -EPERM);
	pgtable_destroy(&c);
}

/* A walker beside the writer. */

struct walker {
	const struct pgtable *pt;
	u64 va;     /* always mapped */
	u64 rounds; /* walks finished, so a writer can wait for one */
	bool stop;
	u64 lost;
};

static void *walk_on(void *arg)
{
	struct walker *w = arg;

	while (!__atomic_load_n(&w->stop, __ATOMIC_ACQUIRE)) {
		struct hw_page hw;

		if (hw_walk(w->pt, w->va, &hw) != HW_MAPPED ||
		    hw.pa != w->va + GIB(8))
			w->lost++;
		__atomic_fetch_add(&w->rounds, 1, __ATOMIC_ACQ_REL);
	}
	return NULL;
}

/* Two walks further on, none that began before is under way: a flush. */
static void wait_for_walks(const struct walker *w)
{
	u64 from = __atomic_load_n(&w->rounds, __ATOMIC_ACQUIRE);

	while (__atomic_load_n(&w->rounds, __ATOMIC_ACQUIRE) < from + 2)
		__builtin_ia32_pause();
}

static void walker_never_loses_a_page(void **state)
{
	struct bed *bed = *state;
	struct pgtable *pt = &bed->a;
	u64 page = BASE + MIB(100) + 0x7000;
	struct walker w = { .pt = pt, .va = page };
	pthread_t thread;

	assert_int_equal(pgtable_map(pt, BASE, BASE + GIB(8), GIB(1), RW_WB),
			 0);
	assert_int_equal(pthread_create(&thread, NULL, walk_on, &w), 0);
	for (u32 i = 0; i < 300; i++) {
		u64 next = page + PAGE_SIZE, end = BASE + GIB(1);

		assert_int_equal(pgtable_protect(pt, page - MIB(3), MIB(7),
						 PT_R | PT_WB),
				 0);
		assert_int_equal(pgtable_unmap(pt, next, end - next), 0);
		assert_int_equal(pgtable_unmap(pt, BASE, page - BASE), 0);
		wait_for_walks(&w);
		pgtable_reap(pt);
		/* All but the page itself, which never goes away. */
		assert_int_equal(
			pgtable_map(pt, next, next + GIB(8), end - next, RW_WB),
			0);
		assert_int_equal(pgtable_map(pt, BASE, BASE + GIB(8),
					     page - BASE, RW_WB),
				 0);
		/* And a large leaf to split again, elsewhere. */
		assert_int_equal(pgtable_unmap(pt, BASE, GIB(1) / 32), 0);
		assert_int_equal(pgtable_map(pt, BASE, BASE + GIB(8),
					     GIB(1) / 32, RW_WB),
				 0);
	}
	__atomic_store_n(&w.stop, true, __ATOMIC_RELEASE);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(w.lost, 0);
	assert_true(w.rounds > 600);
}

static void walker_sees_splits_whole(void **state)
{
	struct bed *bed = *state;
	struct pgtable *pt = &bed->a;
	struct walker w = { .pt = pt, .va = BASE + MIB(100) + 0x7000 };

	for (u32 i = 0; i < 100; i++) {
		pthread_t thread;

		w.stop = false;
		assert_int_equal(
			pgtable_map(pt, BASE, BASE + GIB(8), GIB(1), RW_WB), 0);
		assert_int_equal(pthread_create(&thread, NULL, walk_on, &w), 0);
		wait_for_walks(&w);
		/* From one 1 GiB leaf down to 4 KiB beside the page. */
		assert_int_equal(pgtable_unmap(pt, w.va + PAGE_SIZE, PAGE_SIZE),
				 0);
		wait_for_walks(&w);
		__atomic_store_n(&w.stop, true, __ATOMIC_RELEASE);
		assert_int_equal(pthread_join(thread, NULL), 0);
		assert_int_equal(pgtable_unmap(pt, BASE, GIB(1)), 0);
		pgtable_reap(pt);
	}
	assert_int_equal(w.lost, 0);
}

/* What is withdrawn can always be given back, and leaves no trace then. */
static void withdrawn_comes_back_without_a_page(void **state)
{
	static const struct {
		u64 va, size;
	} part[] = {
		{ BASE + 0x3000, 0x1000 },
		{ BASE + MIB(2), MIB(4) },
		{ BASE + MIB(510) + 0x5000, MIB(4) + 0x3000 },
		{ BASE + GIB(1), GIB(1) },
		{ BASE + MIB(3), GIB(2) },
	};
	struct bed *bed = *state;
	struct pgtable *pt = &bed->a;
	u64 whole, pages;

	assert_int_equal(pgtable_map(pt, BASE, GIB(8), GIB(4), RWX_WB), 0);
	whole = digest(pt);
	pages = pt->table_pages;
	for (u32 i = 0; i < ARRAY_SIZE(part); i++) {
		u64 pa = part[i].va - BASE + GIB(8);
		struct pt_leaf leaf;
		void *hog;

		assert_int_equal(pgtable_withdraw(pt, part[i].va, part[i].size),
				 0);
		assert_false(pgtable_lookup(pt, part[i].va, &leaf));
		pgtable_reap(pt);
		hog = test_pool_hog(&bed->tp, 0);
		assert_int_equal(
			pgtable_map(pt, part[i].va, pa, part[i].size, RWX_WB),
			0);
		test_pool_unhog(&bed->tp, hog);
		assert_int_equal(pgtable_collapse(pt, part[i].va, part[i].size),
				 0);
		pgtable_reap(pt);
		assert_int_equal(digest(pt), whole);
		assert_int_equal(pt->table_pages, pages);
	}
}

static void collapse_leaves_alone_what_differs(void **state)
{
	struct bed *bed = *state;
	struct pgtable *pt = &bed->a;
	u64 was;

	assert_int_equal(pgtable_map(pt, BASE, GIB(8), MIB(8), RWX_WB), 0);
	assert_int_equal(pgtable_protect(pt, BASE + 0x5000, 0x1000, RW_WB), 0);
	assert_int_equal(pgtable_unmap(pt, BASE + MIB(2) + 0x7000, 0x1000), 0);
	assert_int_equal(pgtable_unmap(pt, BASE + MIB(4), MIB(2)), 0);
	for (u64 off = 0; off < MIB(2); off += PAGE_SIZE)
		assert_int_equal(pgtable_map(pt, BASE + MIB(4) + off,
					     GIB(8) + PAGE_SIZE + off,
					     PAGE_SIZE, RWX_WB),
				 0);
	was = digest(pt);
	assert_int_equal(pgtable_collapse(pt, BASE, GIB(1)), 0);
	assert_int_equal(digest(pt), was);
	assert_int_equal(pgtable_collapse(pt, BASE + 1, GIB(1)), -EINVAL);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(refuses_bad_arguments),
		TEST(refuses_odd_leaf_levels),
		TEST(out_of_memory_changes_nothing),
		TEST(splitting_takes_no_more_than_needed),
		TEST(tables_wait_for_reap),
		TEST(for_each_stops_when_told),
		TEST(share_follows_later_changes),
		TEST(sharer_cannot_change_what_it_shares),
		TEST(share_refuses),
		TEST(share_passes_on),
		TEST(walker_never_loses_a_page),
		TEST(walker_sees_splits_whole),
		TEST(withdrawn_comes_back_without_a_page),
		TEST(collapse_leaves_alone_what_differs),
	};

	return cmocka_run_group_tests_name("pgtable: edges", tests, NULL, NULL);
}
