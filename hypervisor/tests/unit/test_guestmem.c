/* SPDX-License-Identifier: BSD-2-Clause */
#include "mem/guestmem.h"

#include <string.h>

#include "tests/unit/fake_physmap.h"
#include "tests/unit/mem_util.h"

#define RAM   (PT_RWX | PT_WB)
#define BASE  (GIB(4) - MIB(2))
#define PAGES 512

struct bed {
	struct test_pool tp;
	struct stage2 s2;
	u32 attr[PAGES]; /* 0 for a hole */
};

/* Guest page @n lies in frame n * 37 mod 512: neighbours are never adjacent. */
static u64 frame_of(u64 n)
{
	return n * 37 % PAGES;
}

static int setup(void **state)
{
	struct bed *bed = calloc(1, sizeof(*bed));

	test_pool_make(&bed->tp, 64, 0x1000);
	assert_int_equal(stage2_init(&bed->s2, &pt_format_ept, &bed->tp.pool,
				     PT_LEAF_ALL),
			 0);
	for (u64 i = 0; i < FAKE_PHYS_SIZE; i++)
		fake_phys[i] = (u8)(i * 131 >> 5);
	*state = bed;
	return 0;
}

static int teardown(void **state)
{
	struct bed *bed = *state;

	stage2_destroy(&bed->s2);
	assert_int_equal(bed->tp.pool.used, 0);
	test_pool_drop(&bed->tp);
	free(bed);
	return 0;
}

static void map_page(struct bed *bed, u64 n, u32 attr)
{
	bed->attr[n] = attr;
	if (attr != 0)
		assert_int_equal(stage2_map(&bed->s2, GPA(BASE + n * PAGE_SIZE),
					    HPA(FAKE_PHYS_BASE +
						frame_of(n) * PAGE_SIZE),
					    PAGE_SIZE, attr),
				 0);
}

static u8 *model_byte(u8 *phys, u64 gpa)
{
	u64 n = (gpa - BASE) / PAGE_SIZE;

	return &phys[frame_of(n) * PAGE_SIZE + gpa % PAGE_SIZE];
}

static bool allowed(const struct bed *bed, u64 gpa, u64 len, bool write)
{
	for (u64 n = (gpa - BASE) / PAGE_SIZE;
	     n <= (gpa + len - 1 - BASE) / PAGE_SIZE; n++) {
		u32 attr = n < PAGES ? bed->attr[n] : 0;

		if (attr == 0 || (attr & PT_TYPE_MASK) != PT_WB)
			return false;
		if (write && (attr & PT_W) == 0)
			return false;
	}
	return true;
}

/* Mostly RAM, with holes, ROM and MMIO strewn in. */
static void map_mixture(struct bed *bed, struct rng *r)
{
	static const u32 rare[] = { 0, PT_R | PT_WB, PT_RW | PT_UC };

	for (u64 n = 0; n < PAGES; n++)
		map_page(bed, n,
			 rng_below(r, 8) != 0 ? RAM : rare[rng_below(r, 3)]);
}

static void random_read(struct bed *bed, u64 gpa, u64 len, bool ok)
{
	u8 buf[5 * PAGE_SIZE];

	memset(buf, 0xcc, sizeof(buf));
	assert_int_equal(guestmem_read(&bed->s2, GPA(gpa), buf, len),
			 ok ? 0 : -EFAULT);
	for (u64 i = 0; i < len; i++)
		assert_int_equal(buf[i],
				 ok ? *model_byte(fake_phys, gpa + i) : 0xcc);
	assert_int_equal(buf[len], 0xcc);
}

static void random_write(struct bed *bed, u64 gpa, u64 len, bool ok)
{
	static u8 want[PAGES * PAGE_SIZE];
	u8 buf[5 * PAGE_SIZE];

	memcpy(want, fake_phys, sizeof(want));
	for (u64 i = 0; i < len; i++) {
		buf[i] = (u8)(gpa + i * 7);
		if (ok)
			*model_byte(want, gpa + i) = buf[i];
	}
	assert_int_equal(guestmem_write(&bed->s2, GPA(gpa), buf, len),
			 ok ? 0 : -EFAULT);
	assert_memory_equal(fake_phys, want, sizeof(want));
}

static void copies_match_a_model(void **state)
{
	struct bed *bed = *state;
	struct rng r = { 31 };
	u32 good = 0;

	map_mixture(bed, &r);
	for (u32 i = 0; i < 2000; i++) {
		u64 gpa = BASE + rng_below(&r, PAGES * PAGE_SIZE);
		u64 len = 1 + rng_below(&r, i % 2 == 0 ? 64 : 4 * PAGE_SIZE);
		bool write = rng_below(&r, 2) == 0;
		bool ok = allowed(bed, gpa, len, write);

		good += ok;
		assert_int_equal(guestmem_check(&bed->s2, GPA(gpa), len, write),
				 ok ? 0 : -EFAULT);
		if (write)
			random_write(bed, gpa, len, ok);
		else
			random_read(bed, gpa, len, ok);
	}
	assert_true(good > 500 && good < 1900);
}

static void crosses_every_leaf_size(void **state)
{
	struct bed *bed = *state;
	u8 in[64], out[64];

	/* The end of a 2 MiB leaf at the top of the fake memory, then 4 KiB. */
	assert_int_equal(stage2_map(&bed->s2, GPA(0),
				    HPA(FAKE_PHYS_BASE + MIB(14)), MIB(2), RAM),
			 0);
	assert_int_equal(stage2_map(&bed->s2, GPA(MIB(2)),
				    HPA(FAKE_PHYS_BASE + 0x3000), PAGE_SIZE,
				    RAM),
			 0);
	for (u32 i = 0; i < sizeof(in); i++)
		in[i] = (u8)(200 + i);
	assert_int_equal(
		guestmem_write(&bed->s2, GPA(MIB(2) - 30), in, sizeof(in)), 0);
	assert_memory_equal(fake_phys + MIB(16) - 30, in, 30);
	assert_memory_equal(fake_phys + 0x3000, in + 30, 34);
	assert_int_equal(
		guestmem_read(&bed->s2, GPA(MIB(2) - 30), out, sizeof(out)), 0);
	assert_memory_equal(in, out, sizeof(in));
}

static void refuses_ranges_that_wrap(void **state)
{
	struct bed *bed = *state;
	u8 b = 0;

	map_page(bed, 0, RAM);
	assert_int_equal(guestmem_read(&bed->s2, GPA(BASE), &b, ~(u64)0),
			 -EFAULT);
	assert_int_equal(guestmem_write(&bed->s2, GPA(ADDR_NONE), &b, 2),
			 -EFAULT);
	assert_int_equal(guestmem_check(&bed->s2, GPA(ADDR_NONE), 2, true),
			 -EFAULT);
	assert_int_equal(guestmem_read(&bed->s2, GPA(ADDR_NONE), &b, 0), 0);
	assert_int_equal(guestmem_check(&bed->s2, GPA(ADDR_NONE), 0, true), 0);
	assert_int_equal(b, 0);
}

/* What Holm does not map is reached in another way, with the same result. */
static void goes_through_the_window(void **state)
{
	struct bed *bed = *state;
	u8 buf[3 * PAGE_SIZE], back[3 * PAGE_SIZE];

	for (u64 n = 0; n < 4; n++)
		map_page(bed, n, RAM);
	assert_int_equal(
		guestmem_read(&bed->s2, GPA(BASE + 5), back, sizeof(back)), 0);
	fake_by_window = 0;
	bed->s2.by_window = true;
	assert_int_equal(
		guestmem_read(&bed->s2, GPA(BASE + 5), buf, sizeof(buf)), 0);
	assert_int_equal(fake_by_window, 4);
	assert_memory_equal(buf, back, sizeof(buf));
	memset(buf, 0x5a, sizeof(buf));
	assert_int_equal(
		guestmem_write(&bed->s2, GPA(BASE + 5), buf, sizeof(buf)), 0);
	assert_int_equal(fake_by_window, 8);
	bed->s2.by_window = false;
	assert_int_equal(
		guestmem_read(&bed->s2, GPA(BASE + 5), back, sizeof(back)), 0);
	assert_int_equal(fake_by_window, 8);
	assert_memory_equal(buf, back, sizeof(buf));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(copies_match_a_model),
		TEST(crosses_every_leaf_size),
		TEST(refuses_ranges_that_wrap),
		TEST(goes_through_the_window),
	};

	return cmocka_run_group_tests_name("guestmem", tests, NULL, NULL);
}
