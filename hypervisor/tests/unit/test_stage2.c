/* SPDX-License-Identifier: BSD-2-Clause */
#include "mem/stage2.h"

#include <pthread.h>
#include <string.h>

#include "tests/unit/mem_util.h"

#define POOL_PAGES 600
#define RAM        (PT_RWX | PT_WB)
#define WINDOW     GIB(3)

struct bed {
	struct test_pool tp;
	struct stage2 sos; /* the donor */
	struct stage2 vm;
};

static int setup(void **state)
{
	struct bed *bed = calloc(1, sizeof(*bed));

	test_pool_make(&bed->tp, POOL_PAGES, 0x1000);
	assert_int_equal(stage2_init(&bed->sos, &pt_format_npt, &bed->tp.pool,
				     PT_LEAF_ALL),
			 0);
	assert_int_equal(stage2_init(&bed->vm, &pt_format_ept, &bed->tp.pool,
				     PT_LEAF_ALL),
			 0);
	*state = bed;
	return 0;
}

static int teardown(void **state)
{
	struct bed *bed = *state;

	stage2_destroy(&bed->vm);
	stage2_destroy(&bed->sos);
	assert_int_equal(bed->tp.pool.used, 0);
	test_pool_drop(&bed->tp);
	free(bed);
	return 0;
}

/* Counting again from nothing. */

struct census {
	u64 ram_bytes;
	u64 leaves[3];
};

static int census_leaf(const struct pt_leaf *leaf, void *arg)
{
	struct census *c = arg;

	c->ram_bytes += (leaf->attr & PT_TYPE_MASK) == PT_WB ? leaf->size : 0;
	c->leaves[leaf->size == PAGE_SIZE      ? 0
		  : leaf->size == PAGE_SIZE_2M ? 1
					       : 2]++;
	return 0;
}

static void check_counts(const struct stage2 *s2)
{
	struct census c = { 0 };

	assert_int_equal(
		pgtable_for_each(&s2->pt, 0, BIT64(48), census_leaf, &c), 0);
	assert_int_equal(s2->ram_bytes, c.ram_bytes);
	assert_memory_equal(s2->leaves, c.leaves, sizeof(c.leaves));
}

static void random_range(struct rng *r, u64 *base, u64 *size)
{
	u64 unit = rng_below(r, 2) == 0 ? MIB(2) : MIB(64);

	*base = rng_below(r, WINDOW / unit) * unit;
	*size = (1 + rng_below(r, 16)) * unit;
	if (rng_below(r, 4) == 0) {
		*base += PAGE_SIZE;
		*size -= 3 * PAGE_SIZE;
	}
}

static void counts_stay_right(void **state)
{
	struct bed *bed = *state;
	struct stage2 *s2 = &bed->vm;
	struct rng r = { 21 };

	for (u32 i = 0; i < 3000; i++) {
		u32 attr = rng_below(&r, 2) == 0 ? RAM : PT_RW | PT_UC;
		u64 base, size;
		int ret = 0;

		random_range(&r, &base, &size);
		switch (rng_below(&r, 3)) {
		case 0:
			ret = stage2_map(s2, GPA(base), HPA(GIB(4) + base),
					 size, attr);
			break;
		case 1:
			ret = stage2_unmap(s2, GPA(base), size);
			break;
		default:
			ret = stage2_protect(s2, GPA(base), size, attr);
		}
		assert_true(ret == 0 || ret == -EEXIST);
		check_counts(s2);
		stage2_reap(s2);
	}
	assert_int_equal(stage2_unmap(s2, GPA(1), 0x1000), -EINVAL);
	assert_int_equal(stage2_unmap(s2, GPA(0x1000), 0), -EINVAL);
	assert_int_equal(stage2_unmap(s2, GPA(0x1000), ~(u64)0xfff), -EINVAL);
	check_counts(s2);
}

/* All of the range, at its own address, with just that: or none of it. */
static void is_taken_once(void **state)
{
	struct bed *bed = *state;
	struct stage2 *s2 = &bed->vm;
	const gpa_t at = GPA(MIB(2) + PAGE_SIZE);
	const u64 size = 3 * PAGE_SIZE;
	struct s2_range r;

	assert_int_equal(stage2_map(s2, GPA(MIB(2)), HPA(MIB(2)), MIB(4), RAM),
			 0);
	assert_int_equal(stage2_map(s2, GPA(MIB(8)), HPA(MIB(10)), MIB(2), RAM),
			 0);
	assert_int_equal(stage2_take(s2, at, size, PT_RWX | PT_UC), -EBUSY);
	assert_int_equal(stage2_take(s2, at, size, PT_RW | PT_WB), -EBUSY);
	assert_int_equal(stage2_take(s2, GPA(MIB(8)), size, RAM), -EBUSY);
	assert_int_equal(stage2_take(s2, GPA(MIB(6) - PAGE_SIZE), size, RAM),
			 -EBUSY);
	assert_true(stage2_translate(s2, GPA(MIB(6) - PAGE_SIZE), &r));
	assert_int_equal(stage2_check_own(s2, GPA(MIB(2)), MIB(4), RAM), 0);
	assert_int_equal(stage2_take(s2, at, size, RAM), 0);
	check_counts(s2);
	assert_false(stage2_translate(s2, at, &r));
	assert_true(stage2_translate(s2, gpa_add(at, size), &r));
	assert_int_equal(stage2_check_own(s2, at, PAGE_SIZE, RAM), -EBUSY);
	assert_int_equal(stage2_take(s2, at, PAGE_SIZE, RAM), -EBUSY);
	assert_int_equal(stage2_take(s2, GPA(MIB(2)), MIB(4), RAM), -EBUSY);
	stage2_reap(s2);
}

static void translate_says_how_far(void **state)
{
	struct bed *bed = *state;
	struct s2_range r;

	assert_int_equal(
		stage2_map(&bed->vm, GPA(MIB(2)), HPA(MIB(64)), MIB(2), RAM),
		0);
	assert_true(stage2_translate(&bed->vm, GPA(MIB(2) + 5), &r));
	assert_int_equal(r.hpa.v, MIB(64) + 5);
	assert_int_equal(r.size, MIB(2) - 5);
	assert_int_equal(r.attr, RAM);
	assert_false(stage2_translate(&bed->vm, GPA(MIB(4)), &r));
	assert_false(stage2_translate(&bed->vm, GPA(BIT64(48)), &r));
	assert_false(stage2_translate(&bed->vm, GPA(ADDR_NONE), &r));
}

/* Donation. */

#define SCATTER GIB(2)

/* Where the donor's page at @gpa is: 64 KiB pieces, every other 2 MiB whole. */
static u64 scattered(u64 gpa)
{
	u64 piece = gpa / KIB(64);

	if ((gpa / MIB(2)) % 2 == 1)
		return GIB(16) + gpa;
	return GIB(32) + (piece ^ 0x15) * KIB(64) + gpa % KIB(64);
}

static void scatter(struct bed *bed, u64 bytes)
{
	for (u64 gpa = 0; gpa < bytes; gpa += KIB(64))
		assert_int_equal(stage2_map(&bed->sos, GPA(SCATTER + gpa),
					    HPA(scattered(gpa)), KIB(64), RAM),
				 0);
}

static void donate_follows_scattered_pages(void **state)
{
	struct bed *bed = *state;
	struct rng r = { 22 };

	scatter(bed, MIB(32));
	for (u32 i = 0; i < 300; i++) {
		u64 src = rng_below(&r, MIB(16) / PAGE_SIZE) * PAGE_SIZE;
		u64 size = (1 + rng_below(&r, MIB(16) / PAGE_SIZE)) * PAGE_SIZE;
		u64 dst = rng_below(&r, 4096) * PAGE_SIZE;

		if (i % 2 == 0)
			dst = src;
		assert_int_equal(stage2_donate(&bed->vm, GPA(dst), &bed->sos,
					       GPA(SCATTER + src), size, RAM),
				 0);
		for (u64 off = 0; off < size; off += PAGE_SIZE) {
			struct s2_range s;

			assert_true(
				stage2_translate(&bed->vm, GPA(dst + off), &s));
			assert_int_equal(s.hpa.v, scattered(src + off));
			assert_int_equal(s.attr, RAM);
		}
		assert_int_equal(bed->vm.ram_bytes, size);
		check_counts(&bed->vm);
		assert_int_equal(stage2_unmap(&bed->vm, GPA(dst), size), 0);
		stage2_reap(&bed->vm);
	}
}

static void donate_grows_leaves(void **state)
{
	struct bed *bed = *state;

	/* 4 KiB and 64 KiB pieces that lie beside each other all the same. */
	for (u64 gpa = 0; gpa < MIB(2); gpa += PAGE_SIZE)
		assert_int_equal(stage2_map(&bed->sos, GPA(gpa),
					    HPA(GIB(8) + gpa), PAGE_SIZE, RAM),
				 0);
	assert_int_equal(stage2_map(&bed->sos, GPA(MIB(2)),
				    HPA(GIB(8) + MIB(2)), GIB(1) - MIB(2), RAM),
			 0);
	assert_int_equal(bed->sos.leaves[0], 512);
	assert_int_equal(stage2_donate(&bed->vm, GPA(GIB(4)), &bed->sos, GPA(0),
				       GIB(1), RAM),
			 0);
	assert_int_equal(bed->vm.leaves[2], 1);
	assert_int_equal(bed->vm.leaves[1] + bed->vm.leaves[0], 0);
	/* An odd GPA permits only small leaves. */
	assert_int_equal(stage2_donate(&bed->vm, GPA(PAGE_SIZE), &bed->sos,
				       GPA(0), MIB(4), PT_RW | PT_WB),
			 0);
	assert_int_equal(bed->vm.leaves[0], 1024);
	check_counts(&bed->vm);
	check_counts(&bed->sos);
}

static void assert_nothing_donated(struct bed *bed, u64 used)
{
	struct census none = { 0 };

	stage2_reap(&bed->vm);
	assert_int_equal(bed->tp.pool.used, used);
	assert_int_equal(bed->vm.ram_bytes, 0);
	assert_memory_equal(bed->vm.leaves, none.leaves, sizeof(none.leaves));
	check_counts(&bed->vm);
}

static void donate_refuses(void **state)
{
	struct bed *bed = *state;
	u64 used;
	static const struct {
		u64 dst, src, size;
		u32 attr;
		int ret;
	} t[] = {
		{ 0, SCATTER + MIB(7), MIB(2), RAM, -EFAULT }, /* hole */
		{ 0, 0, PAGE_SIZE, RAM, -EFAULT },
		{ 0, BIT64(48), PAGE_SIZE, RAM, -EFAULT },
		{ 0, BIT64(48) - PAGE_SIZE, 2 * PAGE_SIZE, RAM, -EFAULT },
		{ 0, GIB(1), MIB(4), RAM, -EFAULT },          /* MMIO in it */
		{ 0, GIB(1) + MIB(4), MIB(4), RAM, -EFAULT }, /* ROM in it */
		{ 1, SCATTER, PAGE_SIZE, RAM, -EINVAL },
		{ 0, SCATTER + 1, PAGE_SIZE, RAM, -EINVAL },
		{ 0, SCATTER, 1, RAM, -EINVAL },
		{ 0, SCATTER, 0, RAM, -EINVAL },
		{ 0, SCATTER, ~(u64)0xfff, RAM, -EINVAL },
		{ BIT64(48), SCATTER, PAGE_SIZE, RAM, -EINVAL },
		{ BIT64(48) - MIB(1), SCATTER, MIB(2), RAM, -EINVAL },
		{ 0, SCATTER, PAGE_SIZE, PT_W, -EINVAL },
	};

	scatter(bed, MIB(8));
	assert_int_equal(
		stage2_map(&bed->sos, GPA(GIB(1)), HPA(0), MIB(8), RAM), 0);
	assert_int_equal(stage2_protect(&bed->sos, GPA(GIB(1) + MIB(2)),
					PAGE_SIZE, PT_RW | PT_UC),
			 0);
	assert_int_equal(stage2_protect(&bed->sos, GPA(GIB(1) + MIB(6)),
					PAGE_SIZE, PT_RX | PT_WB),
			 0);
	used = bed->tp.pool.used;
	for (u32 i = 0; i < ARRAY_SIZE(t); i++) {
		assert_int_equal(stage2_donate(&bed->vm, GPA(t[i].dst),
					       &bed->sos, GPA(t[i].src),
					       t[i].size, t[i].attr),
				 t[i].ret);
		assert_nothing_donated(bed, used);
	}
	assert_int_equal(stage2_donate(&bed->sos, GPA(0), &bed->sos,
				       GPA(SCATTER), PAGE_SIZE, RAM),
			 -EINVAL);
	/* The ROM may be given on, but as ROM. */
	assert_int_equal(stage2_donate(&bed->vm, GPA(0), &bed->sos,
				       GPA(GIB(1) + MIB(4)), MIB(4),
				       PT_RX | PT_WB),
			 0);
}

static void donate_refuses_overlap(void **state)
{
	struct bed *bed = *state;
	struct s2_range r;

	scatter(bed, MIB(8));
	assert_int_equal(
		stage2_map(&bed->vm, GPA(MIB(6)), HPA(0x5000), PAGE_SIZE, RAM),
		0);
	assert_int_equal(stage2_donate(&bed->vm, GPA(0), &bed->sos,
				       GPA(SCATTER), MIB(8), RAM),
			 -EEXIST);
	assert_int_equal(bed->vm.leaves[0], 1);
	assert_false(stage2_translate(&bed->vm, GPA(0), &r));
	assert_true(stage2_translate(&bed->vm, GPA(MIB(6)), &r));
	assert_int_equal(r.hpa.v, 0x5000);
}

static void donate_out_of_memory(void **state)
{
	struct bed *bed = *state;
	u64 used;
	u32 refused = 0;

	scatter(bed, MIB(32));
	used = bed->tp.pool.used;
	for (u64 keep = 0; keep < 64; keep++) {
		void *hog = test_pool_hog(&bed->tp, keep);
		int ret = stage2_donate(&bed->vm, GPA(GIB(1) - MIB(16)),
					&bed->sos, GPA(SCATTER), MIB(32), RAM);

		test_pool_unhog(&bed->tp, hog);
		if (ret == 0)
			break;
		assert_int_equal(ret, -ENOMEM);
		assert_nothing_donated(bed, used);
		refused++;
	}
	assert_true(refused > 4 && refused < 64);
	assert_int_equal(bed->vm.ram_bytes, MIB(32));
}

/* Two at a time, each way: the lock order must hold. */

#define ROUNDS 400

static void *donate_back(void *arg)
{
	struct bed *bed = arg;
	u64 failed = 0;

	for (u32 i = 0; i < ROUNDS; i++) {
		failed += stage2_donate(&bed->sos, GPA(GIB(3)), &bed->vm,
					GPA(GIB(3)), MIB(1), RAM) != 0;
		failed += stage2_unmap(&bed->sos, GPA(GIB(3)), MIB(1)) != 0;
		stage2_reap(&bed->sos);
	}
	return failed == 0 ? NULL : bed;
}

static void donate_both_ways_at_once(void **state)
{
	struct bed *bed = *state;
	u64 failed = 0;
	pthread_t thread;
	void *bad;

	scatter(bed, MIB(2));
	assert_int_equal(
		stage2_map(&bed->vm, GPA(GIB(3)), HPA(GIB(7)), MIB(1), RAM), 0);
	assert_int_equal(pthread_create(&thread, NULL, donate_back, bed), 0);
	for (u32 i = 0; i < ROUNDS; i++) {
		failed += stage2_donate(&bed->vm, GPA(0), &bed->sos,
					GPA(SCATTER), MIB(1), RAM) != 0;
		failed += stage2_unmap(&bed->vm, GPA(0), MIB(1)) != 0;
		stage2_reap(&bed->vm);
	}
	assert_int_equal(pthread_join(thread, &bad), 0);
	assert_null(bad);
	assert_int_equal(failed, 0);
	check_counts(&bed->vm);
	check_counts(&bed->sos);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(counts_stay_right),
		TEST(is_taken_once),
		TEST(translate_says_how_far),
		TEST(donate_follows_scattered_pages),
		TEST(donate_grows_leaves),
		TEST(donate_refuses),
		TEST(donate_refuses_overlap),
		TEST(donate_out_of_memory),
		TEST(donate_both_ways_at_once),
	};

	return cmocka_run_group_tests_name("stage2", tests, NULL, NULL);
}
