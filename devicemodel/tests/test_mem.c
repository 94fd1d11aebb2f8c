/* SPDX-License-Identifier: BSD-2-Clause */
/* Guest memory, the E820 rule, the pools of huge pages. */
#include "mem/backing.h"
#include "mem/e820.h"
#include "mem/layout.h"
#include "mem/mount.h"
#include "tests/test.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void test_split(void **state)
{
	static const struct {
		u64 size, low, high;
	} cases[] = {
		{ 128 * MIB, 128 * MIB, 0 }, { 2 * GIB - 1, 2 * GIB - 1, 0 },
		{ 2 * GIB, 2 * GIB, 0 },     { 2 * GIB + 1, 2 * GIB, 1 },
		{ 3 * GIB, 2 * GIB, GIB },   { 254 * GIB, 2 * GIB, 252 * GIB },
	};
	struct guest_mem mem;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		guest_mem_split(&mem, cases[i].size);
		assert_int_equal(mem.low, cases[i].low);
		assert_int_equal(mem.high, cases[i].high);
	}
}

/* For any size: sorted, disjoint, RAM adds up but for the hole below 1M. */
static void check_e820(u64 size)
{
	struct guest_mem mem;
	struct e820_map map;
	u64 total = 0, end = 0;
	u32 i;

	guest_mem_split(&mem, size);
	e820_build(&mem, &map);
	for (i = 0; i < map.count; i++) {
		assert_true(map.entry[i].base >= end);
		assert_true(map.entry[i].len > 0);
		end = map.entry[i].base + map.entry[i].len;
		if (map.entry[i].type == E820_RAM)
			total += map.entry[i].len;
	}
	assert_int_equal(total, size - (MIB - LOWMEM_END));
	assert_int_equal(map.entry[0].base, 0);
	assert_int_equal(map.entry[0].len, 0xa0000);
	assert_int_equal(map.entry[1].base, 0xf0000);
	assert_int_equal(map.entry[1].type, E820_RESERVED);
	assert_int_equal(map.entry[2].base, MIB);
	assert_int_equal(map.entry[3].base, 0xe0000000);
	assert_int_equal(map.entry[3].type, E820_RESERVED);
	assert_int_equal(map.count, mem.high ? 5 : 4);
	if (mem.high)
		assert_int_equal(map.entry[4].base, 4 * GIB);
}

static void test_e820(void **state)
{
	(void)state;
	check_e820(128 * MIB);
	check_e820(130 * MIB);
	check_e820(GIB + 4096);
	check_e820(2 * GIB);
	check_e820(2 * GIB + 2 * MIB);
	check_e820(3 * GIB);
	check_e820(254 * GIB);
}

static void test_bounds(void **state)
{
	static u8 low[64], high[32];
	struct guest_mem mem;
	u8 buf[64];

	(void)state;
	memset(&mem, 0, sizeof(mem));
	assert_int_equal(guest_mem_add(&mem, GPA(0), 64, low), 0);
	assert_int_equal(guest_mem_add(&mem, GPA(4 * GIB), 32, high), 0);
	assert_ptr_equal(guest_mem_at(&mem, GPA(63), 1), low + 63);
	assert_ptr_equal(guest_mem_at(&mem, GPA(0), 64), low);
	assert_null(guest_mem_at(&mem, GPA(0), 65));
	assert_null(guest_mem_at(&mem, GPA(64), 1));
	assert_null(guest_mem_at(&mem, GPA(63), 2));
	assert_null(guest_mem_at(&mem, GPA(1), ~0ULL));
	assert_null(guest_mem_at(&mem, GPA(~0ULL), 1));
	assert_null(guest_mem_at(&mem, GPA(~0ULL), 2));
	assert_null(guest_mem_at(&mem, GPA(4 * GIB - 1), 1));
	assert_null(guest_mem_at(&mem, GPA(4 * GIB - 1), 2));
	assert_ptr_equal(guest_mem_at(&mem, GPA(4 * GIB + 31), 1), high + 31);
	assert_null(guest_mem_at(&mem, GPA(4 * GIB + 31), 2));
	memset(low, 7, sizeof(low));
	assert_int_equal(guest_mem_read(&mem, GPA(10), buf, 8), 0);
	assert_int_equal(buf[7], 7);
	assert_int_equal(guest_mem_read(&mem, GPA(60), buf, 8), -EFAULT);
	assert_int_equal(guest_mem_write(&mem, GPA(60), buf, 8), -EFAULT);
	assert_int_equal(guest_mem_zero(&mem, GPA(60), 8), -EFAULT);
	assert_int_equal(guest_mem_zero(&mem, GPA(56), 8), 0);
	assert_int_equal(low[63], 0);
	assert_int_equal(low[55], 7);
}

static void test_adjacent_segments_merge(void **state)
{
	static u8 ram[128];
	struct guest_mem mem;
	u32 i;

	(void)state;
	memset(&mem, 0, sizeof(mem));
	guest_mem_add(&mem, GPA(0), 64, ram);
	guest_mem_add(&mem, GPA(64), 64, ram + 64);
	assert_int_equal(mem.count, 1);
	assert_ptr_equal(guest_mem_at(&mem, GPA(60), 8), ram + 60);
	for (i = 1; i < GUEST_MEM_SEGMENTS; i++)
		assert_int_equal(guest_mem_add(&mem, GPA(i * GIB), 64, ram), 0);
	assert_int_equal(guest_mem_add(&mem, GPA(9 * GIB), 64, ram), -ENOSPC);
}

/* A directory that looks like the kernel's; it grants what is asked. */
static char sysfs[] = "/tmp/holm-sysfs-XXXXXX";

static void sys_put(const char *name, unsigned int v)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/hugepages-2048kB/%s", sysfs, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f, "%u\n", v);
	fclose(f);
}

static unsigned int sys_get(const char *name)
{
	unsigned int v = 0;
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/hugepages-2048kB/%s", sysfs, name);
	f = fopen(path, "r");
	assert_non_null(f);
	assert_int_equal(fscanf(f, "%u", &v), 1);
	fclose(f);
	return v;
}

static int pool_setup(void **state)
{
	char path[128];

	(void)state;
	strcpy(sysfs, "/tmp/holm-sysfs-XXXXXX");
	if (!mkdtemp(sysfs))
		return -1;
	snprintf(path, sizeof(path), "%s/hugepages-2048kB", sysfs);
	if (mkdir(path, 0755))
		return -1;
	sys_put("nr_hugepages", 10);
	sys_put("free_hugepages", 6);
	sys_put("resv_hugepages", 2);
	sys_put("surplus_hugepages", 1);
	return 0;
}

static int pool_teardown(void **state)
{
	char cmd[64];

	(void)state;
	snprintf(cmd, sizeof(cmd), "rm -r %s", sysfs);
	return system(cmd);
}

static void test_pool_lends(void **state)
{
	struct huge_pool pool = { .sysfs = sysfs, .page_size = 2 * MIB };
	int lock = huge_lock(&pool);

	(void)state;
	assert_true(lock >= 0);
	/* Two of the six free ones are promised to somebody. */
	assert_int_equal(huge_make_free(&pool, 4, true), 4);
	assert_int_equal(huge_make_free(&pool, 20, false), 4);
	huge_settle(&pool);
	assert_int_equal(sys_get("nr_hugepages"), 10);
	assert_int_equal(huge_make_free(&pool, 20, true), 20);
	assert_int_equal(sys_get("nr_hugepages"), 26);
	huge_settle(&pool);
	/* Of the ten, one was lent to another and goes when that does. */
	assert_int_equal(sys_get("nr_hugepages"), 9);
	sys_put("nr_hugepages", 30);
	huge_settle(&pool);
	assert_int_equal(sys_get("nr_hugepages"), 30);
	huge_unlock(lock);
}

/* A device model that is killed between growing the pool and taking pages. */
static void test_pool_borrower_dies(void **state)
{
	struct huge_pool pool = { .sysfs = sysfs, .page_size = 2 * MIB };
	int lock, status;
	pid_t pid;

	(void)state;
	pid = fork();
	if (!pid) {
		huge_lock(&pool);
		huge_make_free(&pool, 20, true);
		raise(SIGKILL);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	/* The lock is free when the size is set back, and not before. */
	lock = huge_lock(&pool);
	assert_true(lock >= 0);
	assert_int_equal(sys_get("nr_hugepages"), 9);
	huge_unlock(lock);
}

static void test_pool_missing(void **state)
{
	struct huge_pool pool = { .sysfs = "/nonexistent",
				  .page_size = 2 * MIB };

	(void)state;
	assert_int_equal(huge_lock(&pool), -ENOENT);
	assert_int_equal(huge_make_free(&pool, 1, false), 0);
	huge_settle(&pool);
}

static void test_hugetlb_path_errors(void **state)
{
	struct guest_mem mem;
	struct dm_error err;
	struct backing b;

	(void)state;
	guest_mem_split(&mem, 128 * MIB);
	assert_true(backing_alloc(&b, &mem, "/nonexistent", &err) < 0);
	assert_non_null(strstr(err.text, "/nonexistent"));
	assert_true(backing_alloc(&b, &mem, "/tmp", &err) < 0);
	assert_non_null(strstr(err.text, "not a hugetlbfs mount"));
}

/* The real thing, where the machine lets us; it must leave no trace. */
static void test_real_huge_pages(void **state)
{
	struct huge_pool pool = { .sysfs = HUGE_SYSFS, .page_size = 2 * MIB };
	struct guest_mem mem;
	struct dm_error err;
	struct backing b;
	u64 before, after;
	int lock;

	(void)state;
	lock = huge_lock(&pool);
	if (lock < 0)
		skip();
	before = huge_make_free(&pool, 0, false);
	huge_unlock(lock);
	guest_mem_split(&mem, 128 * MIB);
	if (backing_alloc(&b, &mem, NULL, &err)) {
		print_message("%s\n", err.text);
		skip();
	}
	assert_int_equal(b.pages[PAGES_2M], 64);
	assert_int_equal(b.count, 1);
	assert_int_equal((uintptr_t)b.piece[0].hva % GIB, 0);
	assert_int_equal(guest_mem_zero(&mem, GPA(0), 128 * MIB), 0);
	backing_free(&b);
	after = huge_make_free(&pool, 0, false);
	assert_int_equal(before, after);
}

/* One gigabyte and a bit: big pages first, small ones for the rest. */
static void test_real_gigantic_pages(void **state)
{
	struct guest_mem mem;
	struct dm_error err;
	struct backing b;
	u8 last = 7;

	(void)state;
	guest_mem_split(&mem, 2 * GIB + 4 * MIB);
	if (backing_alloc(&b, &mem, NULL, &err)) {
		print_message("%s\n", err.text);
		skip();
	}
	print_message("%llu pages of 1 GiB, %llu of 2 MiB\n",
		      (unsigned long long)b.pages[PAGES_1G],
		      (unsigned long long)b.pages[PAGES_2M]);
	assert_int_equal(b.pages[PAGES_1G] * GIB + b.pages[PAGES_2M] * 2 * MIB,
			 2 * GIB + 4 * MIB);
	assert_int_equal(mem.count, 2);
	assert_int_equal(mem.seg[0].len, 2 * GIB);
	assert_int_equal(mem.seg[1].gpa, 4 * GIB);
	assert_int_equal(mem.seg[1].len, 4 * MIB);
	assert_int_equal(
		guest_mem_write(&mem, GPA(4 * GIB + 4 * MIB - 1), &last, 1), 0);
	assert_int_equal(
		guest_mem_write(&mem, GPA(4 * GIB + 4 * MIB), &last, 1),
		-EFAULT);
	backing_free(&b);
}

/* Files in a hugetlbfs of our own, found and given by path. */
static void test_real_hugetlbfs(void **state)
{
	char dir[] = "/tmp/holm-huge-XXXXXX", found[PATH_MAX];
	struct guest_mem mem;
	struct dm_error err;
	struct backing b;
	int rc, search;

	(void)state;
	assert_non_null(mkdtemp(dir));
	if (mount("none", dir, "hugetlbfs", 0, "pagesize=2M")) {
		rmdir(dir);
		skip();
	}
	search = mount_find_hugetlbfs(found);
	guest_mem_split(&mem, 128 * MIB);
	rc = backing_alloc(&b, &mem, dir, &err);
	if (!rc) {
		rc = guest_mem_zero(&mem, GPA(0), 128 * MIB);
		backing_free(&b);
	}
	umount(dir);
	/* No file may be left in it. */
	assert_int_equal(rmdir(dir), 0);
	assert_int_equal(rc, 0);
	assert_int_equal(search, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_split),
		TEST(test_e820),
		TEST(test_bounds),
		TEST(test_adjacent_segments_merge),
		cmocka_unit_test_setup_teardown(test_pool_lends, pool_setup,
						pool_teardown),
		cmocka_unit_test_setup_teardown(test_pool_borrower_dies,
						pool_setup, pool_teardown),
		TEST(test_pool_missing),
		TEST(test_hugetlb_path_errors),
		TEST(test_real_huge_pages),
		TEST(test_real_gigantic_pages),
		TEST(test_real_hugetlbfs),
	};

	return cmocka_run_group_tests_name("dm memory", tests, NULL, NULL);
}
