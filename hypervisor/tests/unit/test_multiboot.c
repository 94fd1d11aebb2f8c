/* SPDX-License-Identifier: BSD-2-Clause */
/* Boot loaders that count wrongly: lengths beyond the end, or around it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "launch/boot_info.h"

#define MB1_MAGIC 0x2badb002U
#define MB2_MAGIC 0x36d76289U

static u32 *area; /* one page below 4 GiB, then none */
static struct boot_info bi;

static int setup(void **state)
{
	(void)state;
	area = mmap(NULL, 2 * PAGE_SIZE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	assert_ptr_not_equal(area, MAP_FAILED);
	assert_int_equal(mprotect((u8 *)area + PAGE_SIZE, PAGE_SIZE, PROT_NONE),
			 0);
	memset(&bi, 0, sizeof(bi));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	munmap(area, 2 * PAGE_SIZE);
	return 0;
}

static u32 address(const void *p)
{
	return (u32)(uintptr_t)p;
}

/* Words at the end of the page; returns where. */
static u32 *put(const u32 *words, u32 n)
{
	u32 *at = area + PAGE_SIZE / 4 - n;

	memcpy(at, words, n * sizeof(*words));
	return at;
}

#define PUT(...)                          \
	put((const u32[]){ __VA_ARGS__ }, \
	    (u32)(sizeof((const u32[]){ __VA_ARGS__ }) / sizeof(u32)))

/* base and length are 64 bits. */
#define RANGE(base, len, type) (base), 0, (len), 0, (type)

static void mb2_goes_well(void **state)
{
	u32 *mb2 = PUT(80, 0, 1, 12, 'a', 0, 6, 40, 24, 0,
		       RANGE(0x1000, 0x8000, 1), 0, 0, 8, 0);

	(void)state;
	mb2[0] = 18 * 4;
	assert_null(multiboot_read(&bi, MB2_MAGIC, address(mb2)));
	assert_string_equal(bi.cmdline, "a");
	assert_int_equal(bi.map.n, 1);
	assert_int_equal(bi.map.e[0].size, 0x8000);
}

static void mb2_tag_beyond_the_end(void **state)
{
	u32 *mb2 = PUT(24, 0, 1, 17, 'a', 0);

	(void)state;
	assert_non_null(multiboot_read(&bi, MB2_MAGIC, address(mb2)));
}

static void mb2_tag_around_the_end(void **state)
{
	u32 *mb2 = PUT(24, 0, 99, 0xfffffff9, 0, 0);

	(void)state;
	assert_non_null(multiboot_read(&bi, MB2_MAGIC, address(mb2)));
}

static void mb2_entry_around_the_end(void **state)
{
	u32 *mb2 = PUT(32, 0, 6, 24, 0xfffffff0, 0, 0, 0);

	(void)state;
	assert_non_null(multiboot_read(&bi, MB2_MAGIC, address(mb2)));
	assert_int_equal(bi.map.n, 0);
}

/* Flags, then cmdline at word 4, modules at 5 and 6, the map at 11 and 12. */
static u32 *put_mb1(u32 flags, u32 mods, u32 entry_size)
{
	u32 *mb1 = PUT(flags, 0, 0, 0, 0, mods, 0, 0, 0, 0, 0, 24, 0,
		       entry_size, RANGE(0x1000, 0x8000, 1));

	mb1[6] = address(mb1);
	mb1[12] = address(mb1 + 13);
	return mb1;
}

static void mb1_entry_around_the_end(void **state)
{
	u32 *mb1 = put_mb1(0x40, 0, 0xfffffffc);

	(void)state;
	assert_null(multiboot_read(&bi, MB1_MAGIC, address(mb1)));
	assert_int_equal(bi.map.n, 1);
}

static void mb1_more_modules_than_fit(void **state)
{
	u32 *mb1 = put_mb1(0x48, 0xffffffff, 20);

	(void)state;
	memset(area, 0, 256);
	mb1[6] = address(area);
	assert_null(multiboot_read(&bi, MB1_MAGIC, address(mb1)));
	assert_int_equal(bi.nmodules, BOOT_MODULES_MAX);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(mb2_goes_well),
		TEST(mb2_tag_beyond_the_end),
		TEST(mb2_tag_around_the_end),
		TEST(mb2_entry_around_the_end),
		TEST(mb1_entry_around_the_end),
		TEST(mb1_more_modules_than_fit),
	};

	return cmocka_run_group_tests_name("multiboot", tests, NULL, NULL);
}
