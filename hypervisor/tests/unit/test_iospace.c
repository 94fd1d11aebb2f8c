/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/unit/vm_bench.h"

struct probe {
	u32 reads;
	u32 writes;
	u32 at;
	u32 size;
	u64 val;
	int rc;
};

static int probe_read(void *dev, u32 at, u32 size, u64 *val)
{
	struct probe *p = dev;

	p->reads++;
	p->at = at;
	p->size = size;
	if (p->rc == 0)
		*val = p->val;
	return p->rc;
}

static int probe_write(void *dev, u32 at, u32 size, u64 *val)
{
	struct probe *p = dev;

	p->writes++;
	p->at = at;
	p->size = size;
	p->val = *val;
	return p->rc;
}

static struct io_range range(u64 base, u64 size, struct probe *p)
{
	return (struct io_range){
		.name = "probe",
		.base = base,
		.size = size,
		.read = probe_read,
		.write = probe_write,
		.dev = p,
	};
}

static struct io_space *space;

static int setup(void **state)
{
	bench_setup(state);
	space = io_space_create(&fake.pool);
	return space ? 0 : -1;
}

static int teardown(void **state)
{
	io_space_destroy(space);
	return bench_teardown(state);
}

static int add_pio(u64 base, u64 size, struct probe *p)
{
	struct io_range r = range(base, size, p);

	return io_space_add_pio(space, &r);
}

static int add_mmio(u64 base, u64 size, struct probe *p)
{
	struct io_range r = range(base, size, p);

	return io_space_add_mmio(space, &r);
}

static void ranges_are_checked(void **state)
{
	struct probe p = { 0 };

	(void)state;
	assert_int_equal(add_pio(0x40, 0, &p), -EINVAL);
	assert_int_equal(add_pio(0xffff, 2, &p), -EINVAL);
	assert_int_equal(add_pio(0x10000, 1, &p), -EINVAL);
	assert_int_equal(add_pio(0xffff, 1, &p), 0);
	assert_int_equal(add_pio(0x40, 4, &p), 0);
	assert_int_equal(add_pio(0x43, 1, &p), -EEXIST);
	assert_int_equal(add_pio(0x3f, 2, &p), -EEXIST);
	assert_int_equal(add_pio(0x30, 0x100, &p), -EEXIST);
	assert_int_equal(add_pio(0x44, 1, &p), 0);
	assert_int_equal(add_pio(0x3f, 1, &p), 0);
	assert_int_equal(add_mmio(~0UL - 1, 3, &p), -EINVAL);
	assert_int_equal(add_mmio(~0UL, 1, &p), 0);
}

static void accesses_reach_the_device(void **state)
{
	struct probe pio = { .val = 0x1234 };
	struct probe mmio = { .val = 0x5678 };
	u64 v = 0;

	(void)state;
	assert_int_equal(add_pio(0x40, 4, &pio), 0);
	assert_int_equal(add_mmio(0xfec00000, 0x1000, &mmio), 0);
	assert_false(io_space_pio(space, 0x44, 1, false, &v));
	assert_false(io_space_pio(space, 0x3f, 1, false, &v));
	assert_true(io_space_pio(space, 0x42, 2, false, &v));
	assert_int_equal(v, 0x1234);
	assert_int_equal(pio.at, 0x42); /* a port, not an offset */
	assert_int_equal(pio.size, 2);
	assert_false(io_space_mmio(space, 0xfebfffff, 4, false, &v));
	assert_true(io_space_mmio(space, 0xfec00010, 4, false, &v));
	assert_int_equal(v, 0x5678);
	assert_int_equal(mmio.at, 0x10);
	v = 0xabcd;
	assert_true(io_space_mmio(space, 0xfec00000, 8, true, &v));
	assert_int_equal(mmio.val, 0xabcd);
	assert_int_equal(mmio.writes, 1);
}

static void over_the_end_reads_ones(void **state)
{
	struct probe p = { 0 };
	u64 v = 0;

	(void)state;
	assert_int_equal(add_pio(0x40, 4, &p), 0);
	assert_int_equal(add_pio(0x61, 1, &p), 0);
	assert_true(io_space_pio(space, 0x43, 2, false, &v));
	assert_int_equal(v, 0xffff);
	assert_true(io_space_pio(space, 0x61, 4, false, &v));
	assert_int_equal(v, 0xffffffff);
	assert_true(io_space_pio(space, 0x61, 2, true, &v));
	assert_int_equal(p.reads + p.writes, 0);
}

static void a_refusing_device_reads_ones(void **state)
{
	struct probe p = { .rc = -EINVAL };
	u64 v = 0;

	(void)state;
	assert_int_equal(add_mmio(0x1000, 0x1000, &p), 0);
	assert_true(io_space_mmio(space, 0x1000, 8, false, &v));
	assert_true(v == ~0UL);
	assert_true(io_space_mmio(space, 0x1000, 1, false, &v));
	assert_int_equal(v, 0xff);
}

#define MANY 700U /* several pages of ranges */

/* Ranges added in a scattered order; every address asked for. */
static void many_ranges_like_a_plain_list(void **state)
{
	static struct probe p[MANY];
	u64 v = 0;

	(void)state;
	memset(p, 0, sizeof(p));
	for (u32 i = 0; i < MANY; i++) {
		u32 n = i * 257 % MANY; /* 257 is prime to 700 */

		assert_int_equal(add_pio(n * 16 + 3, n % 13 + 1, &p[n]), 0);
	}
	for (u32 port = 0; port < MANY * 16; port++) {
		u32 n = port / 16;
		u32 off = port % 16;
		bool in = off >= 3 && off < 3 + n % 13 + 1;

		p[n].val = port;
		assert_int_equal(io_space_pio(space, (u16)port, 1, false, &v),
				 in);
		if (in)
			assert_int_equal(v, port);
	}
}

static void out_of_memory_changes_nothing(void **state)
{
	struct probe p = { .val = 1 };
	u64 used, v = 0;
	u64 n = 0;

	(void)state;
	for (; n < 10; n++)
		assert_int_equal(add_mmio(n * 16, 16, &p), 0);
	bench_hog(0);
	used = bench_used();
	while (add_mmio(n * 16, 16, &p) == 0)
		n++;
	assert_int_equal(add_mmio(n * 16, 16, &p), -ENOMEM);
	assert_int_equal(bench_used(), used);
	assert_true(io_space_mmio(space, (n - 1) * 16, 1, false, &v));
	assert_false(io_space_mmio(space, n * 16, 1, false, &v));
	assert_null(io_space_create(&fake.pool));
	bench_unhog();
}

static void nothing_is_left(void **state)
{
	u64 used = bench_used();
	struct io_space *s = io_space_create(&fake.pool);
	struct probe p = { 0 };
	struct io_range r = range(0, 1, &p);

	(void)state;
	assert_int_equal(io_space_add_pio(s, &r), 0);
	assert_int_equal(io_space_add_mmio(s, &r), 0);
	io_space_destroy(s);
	io_space_destroy(NULL);
	assert_int_equal(bench_used(), used);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(ranges_are_checked),
		TEST(accesses_reach_the_device),
		TEST(over_the_end_reads_ones),
		TEST(a_refusing_device_reads_ones),
		TEST(many_ranges_like_a_plain_list),
		TEST(out_of_memory_changes_nothing),
		TEST(nothing_is_left),
	};

	return cmocka_run_group_tests_name("I/O space", tests, NULL, NULL);
}
