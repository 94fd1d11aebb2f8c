/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Random operations on every format against an array that says for each page
 * what it should be mapped to, looked at through the engine and through an
 * independent walker.
 */
#include "mem/pgtable.h"

#include "tests/unit/mem_util.h"
#include "tests/unit/pgtable_hw.h"

#define WINDOW     GIB(4)
#define PAGES      (WINDOW / PAGE_SIZE)
#define POOL_PAGES 4600
#define STEPS      1500

struct bed {
	struct test_pool tp;
	struct pgtable pt;
	u64 base;   /* of the window; it straddles a top-level boundary */
	u64 *page;  /* physical address | attributes, 0 if not mapped */
	u64 mapped; /* pages */
	struct rng rng;
};

static struct pt_format npt3;

static const struct bed_kind {
	const struct pt_format *fmt;
	u64 base;
	u8 leaf_levels;
} kinds[] = {
	{ &pt_format_host, 0xfffffe8000000000 - GIB(2), PT_LEAF_ALL },
	{ &pt_format_host, GIB(512) - GIB(2), PT_LEAF_4K | PT_LEAF_2M },
	{ &pt_format_npt, GIB(512) - GIB(2), PT_LEAF_ALL },
	{ &pt_format_npt, GIB(0), PT_LEAF_4K },
	{ &pt_format_ept, BIT64(48) - WINDOW, PT_LEAF_ALL },
	{ &pt_format_ept, GIB(1024) - GIB(2), PT_LEAF_4K | PT_LEAF_2M },
	{ &npt3, GIB(512) - WINDOW, PT_LEAF_ALL },
};

static void bed_make(struct bed *b, const struct bed_kind *k, u64 seed)
{
	test_pool_make(&b->tp, POOL_PAGES, 0x740001000);
	assert_int_equal(
		pgtable_init(&b->pt, k->fmt, &b->tp.pool, k->leaf_levels), 0);
	b->base = k->base;
	b->page = calloc(PAGES, sizeof(*b->page));
	b->mapped = 0;
	b->rng.s = seed;
}

static void bed_drop(struct bed *b)
{
	pgtable_destroy(&b->pt);
	assert_int_equal(b->tp.pool.used, 0);
	assert_int_equal(b->pt.table_pages, 0);
	test_pool_drop(&b->tp);
	free(b->page);
}

/* What the format makes of attributes. */
static u32 effective(const struct pt_format *fmt, u32 attr)
{
	if (fmt != &pt_format_host)
		attr &= ~(PT_U | PT_GLOBAL);
	if (fmt != &pt_format_ept && (attr & PT_TYPE_MASK) == PT_WP)
		attr = (attr & ~PT_TYPE_MASK) | PT_UC;
	return attr;
}

static u32 random_attr(struct rng *r)
{
	static const u32 types[] = { PT_UC, PT_WC, PT_WT, PT_WP, PT_WB };

	return PT_R | (u32)(rng_next(r) >> 7 & (PT_ATTR_MASK & 0x1f)) |
	       types[rng_below(r, ARRAY_SIZE(types))];
}

/* A range with edges on, or just beside, the boundaries of some leaf size. */
static void random_range(struct rng *r, u64 *off, u64 *size)
{
	static const u64 unit[] = { PAGE_SIZE, PAGE_SIZE_2M, PAGE_SIZE_1G };
	u64 u = unit[rng_below(r, 3)];
	u64 end;

	*off = rng_below(r, WINDOW / u) * u;
	end = *off + (1 + rng_below(r, 3)) * u;
	if (rng_below(r, 3) == 0)
		*off += rng_below(r, 600) * PAGE_SIZE;
	if (rng_below(r, 3) == 0)
		end += rng_below(r, 600) * PAGE_SIZE;
	end = MIN(end, WINDOW);
	*off = MIN(*off, WINDOW - PAGE_SIZE);
	*size = end > *off ? end - *off : PAGE_SIZE;
}

static void check_hw(const struct bed *b, u64 va, u64 want)
{
	struct hw_page hw;
	enum hw_result r = hw_walk(&b->pt, va, &hw);
	u32 attr = PT_R;

	assert_int_equal(r, want == 0 ? HW_ABSENT : HW_MAPPED);
	if (want == 0)
		return;
	attr |= (hw.w ? PT_W : 0) | (hw.x ? PT_X : 0) | (hw.u ? PT_U : 0) |
		(hw.global ? PT_GLOBAL : 0) | hw.type;
	assert_int_equal(hw.pa, want & ~(PAGE_SIZE - 1));
	assert_int_equal(attr, want & (PAGE_SIZE - 1));
}

static void check_page(const struct bed *b, u64 n)
{
	u64 va = b->base + n * PAGE_SIZE;
	u64 want = b->page[n];
	struct pt_leaf leaf;

	check_hw(b, va, want);
	assert_int_equal(pgtable_lookup(&b->pt, va + 5, &leaf), want != 0);
	if (want == 0)
		return;
	assert_true(va >= leaf.va && va - leaf.va < leaf.size);
	assert_int_equal(leaf.pa + (va - leaf.va) + leaf.attr, want);
}

struct sweep {
	const struct bed *b;
	u64 next; /* where the next leaf may start */
	u64 mapped;
};

static int sweep_leaf(const struct pt_leaf *leaf, void *arg)
{
	struct sweep *s = arg;
	u64 n = (leaf->va - s->b->base) / PAGE_SIZE;

	assert_true(leaf->va >= s->next);
	assert_true(is_aligned(leaf->va | leaf->pa, leaf->size));
	for (u64 i = 0; i < leaf->size / PAGE_SIZE; i++)
		assert_true(s->b->page[n + i] ==
			    leaf->pa + i * PAGE_SIZE + leaf->attr);
	s->mapped += leaf->size / PAGE_SIZE;
	s->next = leaf->va + leaf->size;
	return 0;
}

static void check_all(const struct bed *b)
{
	struct sweep s = { .b = b, .next = b->base };

	assert_int_equal(
		pgtable_for_each(&b->pt, b->base, WINDOW, sweep_leaf, &s), 0);
	assert_int_equal(s.mapped, b->mapped);
}

static void check_some(struct bed *b, u64 off, u64 size)
{
	u64 first = off / PAGE_SIZE, last = (off + size) / PAGE_SIZE - 1;

	check_page(b, first);
	check_page(b, last);
	if (first > 0)
		check_page(b, first - 1);
	if (last + 1 < PAGES)
		check_page(b, last + 1);
	for (u32 i = 0; i < 16; i++) {
		check_page(b, rng_below(&b->rng, PAGES));
		check_page(b, first + rng_below(&b->rng, last - first + 1));
	}
}

/* The size a leaf at @off must have for a map of [@off, @end) to @pa. */
static u64 best_leaf(const struct pgtable *pt, u64 va, u64 left, u64 pa)
{
	for (u32 level = 2; level > 0; level--) {
		u64 size = BIT64(12 + 9 * level);

		if ((pt->leaf_levels & BIT32(level)) != 0 && left >= size &&
		    is_aligned(va | pa, size))
			return size;
	}
	return PAGE_SIZE;
}

static void check_leaves(const struct bed *b, u64 off, u64 size, u64 pa)
{
	u64 at = 0;

	while (at < size) {
		struct pt_leaf leaf;
		u64 va = b->base + off + at;

		assert_true(pgtable_lookup(&b->pt, va, &leaf));
		assert_int_equal(leaf.va, va);
		assert_int_equal(leaf.size,
				 best_leaf(&b->pt, va, size - at, pa + at));
		at += leaf.size;
	}
}

static void random_map(struct bed *b, u64 off, u64 size)
{
	u32 attr = random_attr(&b->rng);
	u64 unit = BIT64(12 + 9 * rng_below(&b->rng, 3));
	u64 pa = align_down(rng_next(&b->rng) & GENMASK64(45, 12), GIB(1)) +
		 (b->base + off) % unit;
	u64 taken = 0;
	int ret;

	pa = align_down(pa, PAGE_SIZE);
	for (u64 i = 0; i < size / PAGE_SIZE; i++)
		taken += b->page[off / PAGE_SIZE + i] != 0;
	ret = pgtable_map(&b->pt, b->base + off, pa, size, attr);
	assert_int_equal(ret, taken != 0 ? -EEXIST : 0);
	if (ret != 0)
		return;
	attr = effective(b->pt.fmt, attr);
	for (u64 i = 0; i < size / PAGE_SIZE; i++)
		b->page[off / PAGE_SIZE + i] = pa + i * PAGE_SIZE + attr;
	b->mapped += size / PAGE_SIZE;
	check_leaves(b, off, size, pa);
}

static void random_unmap(struct bed *b, u64 off, u64 size)
{
	assert_int_equal(pgtable_unmap(&b->pt, b->base + off, size), 0);
	for (u64 i = 0; i < size / PAGE_SIZE; i++) {
		b->mapped -= b->page[off / PAGE_SIZE + i] != 0;
		b->page[off / PAGE_SIZE + i] = 0;
	}
}

/* Its tables stay until the unmap, so that best_leaf() stays true. */
static void random_withdraw(struct bed *b, u64 off, u64 size)
{
	u64 tables = b->pt.table_pages;

	assert_int_equal(pgtable_withdraw(&b->pt, b->base + off, size), 0);
	assert_true(b->pt.table_pages >= tables);
	check_hw(b, b->base + off, 0);
	random_unmap(b, off, size);
}

static void random_collapse(struct bed *b, u64 off, u64 size)
{
	u64 tables = b->pt.table_pages;

	assert_int_equal(pgtable_collapse(&b->pt, b->base + off, size), 0);
	pgtable_reap(&b->pt);
	assert_true(b->pt.table_pages <= tables);
}

static void random_protect(struct bed *b, u64 off, u64 size)
{
	u32 attr = random_attr(&b->rng);

	assert_int_equal(pgtable_protect(&b->pt, b->base + off, size, attr), 0);
	attr = effective(b->pt.fmt, attr);
	for (u64 i = 0; i < size / PAGE_SIZE; i++) {
		u64 *page = &b->page[off / PAGE_SIZE + i];

		if (*page != 0)
			*page = (*page & ~(PAGE_SIZE - 1)) | attr;
	}
}

static void step(struct bed *b, u32 n)
{
	static void (*const ops[])(struct bed *, u64, u64) = {
		random_map,     random_map,      random_map,      random_unmap,
		random_protect, random_withdraw, random_collapse,
	};
	u64 off, size;

	random_range(&b->rng, &off, &size);
	ops[rng_below(&b->rng, ARRAY_SIZE(ops))](b, off, size);
	check_some(b, off, size);
	if (n % 3 == 0)
		pgtable_reap(&b->pt);
	if (n % 64 == 0)
		check_all(b);
}

/* Nothing outside the window was touched, and nothing is left over. */
static void check_empty(struct bed *b)
{
	b->mapped = 0;
	assert_int_equal(pgtable_unmap(&b->pt, b->base, WINDOW), 0);
	check_all(b);
	pgtable_reap(&b->pt);
	assert_int_equal(b->pt.table_pages, 1);
	assert_int_equal(b->tp.pool.used, 1);
}

static void random_operations(void **state)
{
	const struct bed_kind *k = *state;
	struct bed b;

	bed_make(&b, k, 0x1234567 + (u64)(k - kinds));
	for (u32 n = 0; n < STEPS; n++)
		step(&b, n);
	check_all(&b);
	check_empty(&b);
	bed_drop(&b);
}

#define RANDOM_TEST(name, i)                         \
	{                                            \
		name, random_operations, NULL, NULL, \
			(void *)(uintptr_t)&kinds[i] \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RANDOM_TEST("host_high_half", 0),
		RANDOM_TEST("host_without_1g", 1),
		RANDOM_TEST("npt", 2),
		RANDOM_TEST("npt_4k_only", 3),
		RANDOM_TEST("ept_top_of_range", 4),
		RANDOM_TEST("ept_without_1g", 5),
		RANDOM_TEST("three_levels", 6),
	};

	npt3 = pt_format_npt;
	npt3.levels = 3;
	return cmocka_run_group_tests_name("pgtable: random operations", tests,
					   NULL, NULL);
}
