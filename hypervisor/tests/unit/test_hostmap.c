/* SPDX-License-Identifier: BSD-2-Clause */
/* Holm's own map: what is hidden is hidden from every CPU, and comes back. */
#include "core/log.h"
#include "mem/hostmap.h"
#include "mem/layout.h"
#include "tests/unit/mem_util.h"

#define POOL_PAGES 4096UL
#define POOL_HPA   (GIB(2) - MIB(64))
#define CPUS       3U
#define STEPS      400U

void panic(const char *fmt, ...)
{
	(void)fmt;
	abort();
}

static struct test_pool tp;
static struct pgtable cpu_map[CPUS];

static int setup(void **state)
{
	static const struct hostmap_image image = {
		.text = 0x1000,
		.rodata = 0x40000,
		.data = 0x50000,
		.end = 0x60000,
		.hpa = { POOL_HPA - HOLM_IMAGE_MAX },
		.size = HOLM_IMAGE_MAX + POOL_PAGES * PAGE_SIZE,
	};
	struct e820_entry e[] = {
		{ 0, 0x9fc00, E820_RAM },
		{ MIB(1), GIB(1), E820_RAM },
		/* Firmware may cut anywhere: it is one leaf all the same. */
		{ GIB(1) + MIB(1), GIB(1) - MIB(1), E820_RAM },
		{ GIB(4), GIB(3), E820_RAM },
	};
	const struct e820 map = { e, ARRAY_SIZE(e), ARRAY_SIZE(e) };

	(void)state;
	test_pool_make(&tp, POOL_PAGES, POOL_HPA);
	assert_int_equal(hostmap_build(&tp.pool, &image, &map, PT_LEAF_ALL), 0);
	for (u32 i = 0; i < CPUS; i++) {
		u64 size = hostmap_area_size(PAGE_SIZE);
		void *area = pool_alloc(&tp.pool, size / PAGE_SIZE, 1);

		assert_int_equal(hostmap_add_cpu(area, PAGE_SIZE, &cpu_map[i]),
				 0);
	}
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	test_pool_drop(&tp);
	return 0;
}

static int hash_leaf(const struct pt_leaf *leaf, void *arg)
{
	u64 *h = arg;

	*h = (*h ^ leaf->va) * 0x100000001b3;
	*h = (*h ^ leaf->pa ^ leaf->attr) * 0x100000001b3;
	*h = (*h ^ leaf->size) * 0x100000001b3;
	return 0;
}

static u64 identity(void)
{
	u64 h = 0xcbf29ce484222325;

	assert_int_equal(hostmap_for_each(0, hash_leaf, &h), 0);
	return h;
}

/* On every CPU, by its own root. From 2 to 4 GiB there is no RAM. */
static void expect_mapped(u64 at, bool want)
{
	u32 type = at >= GIB(2) && at < GIB(4) ? PT_UC : PT_WB;
	struct pt_leaf leaf;

	for (u32 i = 0; i < CPUS; i++) {
		assert_int_equal(pgtable_lookup(&cpu_map[i], at, &leaf), want);
		if (!want)
			continue;
		assert_int_equal(leaf.pa, leaf.va);
		assert_int_equal(leaf.attr, PT_RW | PT_U | type);
	}
}

static void expect_range(u64 at, u64 size, bool want)
{
	expect_mapped(at, want);
	expect_mapped(at + size / 2, want);
	expect_mapped(at + size - 1, want);
}

static void hides_and_shows(void **state)
{
	static const struct {
		u64 at, size;
		u32 type;
	} range[] = {
		{ GIB(5), GIB(1), PT_WB },
		{ GIB(4) + MIB(6), MIB(2), PT_WB },
		{ GIB(4) + 0x5000, 0x1000, PT_WB },
		{ MIB(64) - 0x3000, MIB(9), PT_WB },
		{ 0x10000, 0x2000, PT_WB },
		{ GIB(6) + MIB(1), MIB(500), PT_WB },
		{ GIB(3) + 0x5000, 0x3000, PT_UC },
		{ GIB(3) + MIB(4), MIB(16), PT_UC },
	};
	u64 before = identity(), used = tp.pool.used;

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(range); i++) {
		assert_int_equal(hostmap_hide(HPA(range[i].at), range[i].size),
				 0);
		expect_range(range[i].at, range[i].size, false);
		expect_mapped(range[i].at - 1, true);
		expect_mapped(range[i].at + range[i].size, true);
	}
	assert_true(identity() != before);
	for (u32 i = 0; i < ARRAY_SIZE(range); i++) {
		hostmap_show(HPA(range[i].at), range[i].size, range[i].type);
		expect_range(range[i].at, range[i].size, true);
	}
	hostmap_settle();
	hostmap_reap();
	assert_int_equal(identity(), before);
	assert_int_equal(tp.pool.used, used);
}

/* Registers can be where nothing was mapped, nor is it afterwards. */
static void beyond_the_end(void **state)
{
	static const u64 at[] = { GIB(7), GIB(8), BIT64(39) - MIB(2), BIT64(39),
				  BIT64(46) };
	u64 before = identity(), used = tp.pool.used;

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(at); i++) {
		assert_int_equal(hostmap_hide(HPA(at[i]), MIB(4)), 0);
		hostmap_show(HPA(at[i]), MIB(4), PT_UC);
		assert_int_equal(identity(), before);
	}
	hostmap_settle();
	hostmap_reap();
	assert_int_equal(identity(), before);
	assert_int_equal(tp.pool.used, used);
}

/* With too little memory nothing changes; what is hidden can be shown. */
static void no_memory(void **state)
{
	u64 before = identity(), used = tp.pool.used, keep = 0;
	void *list;
	int rc;

	(void)state;
	do {
		list = test_pool_hog(&tp, keep++);
		rc = hostmap_hide(HPA(GIB(5) + 0x7000), MIB(4));
		test_pool_unhog(&tp, list);
		if (rc) {
			assert_int_equal(rc, -ENOMEM);
			assert_int_equal(identity(), before);
			assert_int_equal(tp.pool.used, used);
		}
	} while (rc);
	assert_true(keep > 2);
	list = test_pool_hog(&tp, 0);
	hostmap_show(HPA(GIB(5) + 0x7000), MIB(4), PT_WB);
	hostmap_settle();
	test_pool_unhog(&tp, list);
	hostmap_reap();
	assert_int_equal(identity(), before);
	assert_int_equal(tp.pool.used, used);
}

/* Many at once, at random, coming and going. */
static void at_random(void **state)
{
	struct {
		u64 at, size;
	} held[8] = { { 0, 0 } };
	u64 before = identity(), used = tp.pool.used;
	struct rng rng = { .s = 5 };

	(void)state;
	for (u32 n = 0; n < STEPS; n++) {
		u64 i = rng_below(&rng, ARRAY_SIZE(held));
		u64 window = GIB(4) + i * MIB(256);

		if (held[i].size) {
			hostmap_show(HPA(held[i].at), held[i].size, PT_WB);
			expect_range(held[i].at, held[i].size, true);
			held[i].size = 0;
			continue;
		}
		held[i].at = window + rng_below(&rng, 30000) * PAGE_SIZE;
		held[i].size = (1 + rng_below(&rng, 30000)) * PAGE_SIZE;
		assert_int_equal(hostmap_hide(HPA(held[i].at), held[i].size),
				 0);
		expect_range(held[i].at, held[i].size, false);
	}
	for (u32 i = 0; i < ARRAY_SIZE(held); i++)
		if (held[i].size)
			hostmap_show(HPA(held[i].at), held[i].size, PT_WB);
	hostmap_settle();
	hostmap_reap();
	assert_int_equal(identity(), before);
	assert_int_equal(tp.pool.used, used);
}

/* The window needs no memory, and is one CPU's alone. */
static void window(void **state)
{
	void *list = test_pool_hog(&tp, 0);
	struct pt_leaf leaf;

	(void)state;
	for (u32 n = 0; n < 3; n++) {
		assert_int_equal(pgtable_map(&cpu_map[1], LOCAL_WINDOW,
					     GIB(5) + n * PAGE_SIZE, PAGE_SIZE,
					     PT_RW | PT_WB),
				 0);
		assert_true(pgtable_lookup(&cpu_map[1], LOCAL_WINDOW, &leaf));
		assert_int_equal(leaf.pa, GIB(5) + n * PAGE_SIZE);
		assert_false(pgtable_lookup(&cpu_map[0], LOCAL_WINDOW, &leaf));
		assert_false(pgtable_lookup(&cpu_map[2], LOCAL_WINDOW, &leaf));
		assert_int_equal(
			pgtable_withdraw(&cpu_map[1], LOCAL_WINDOW, PAGE_SIZE),
			0);
	}
	test_pool_unhog(&tp, list);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(hides_and_shows), TEST(beyond_the_end), TEST(no_memory),
		TEST(at_random),       TEST(window),
	};

	return cmocka_run_group_tests_name("hostmap", tests, NULL, NULL);
}
