/* SPDX-License-Identifier: BSD-2-Clause */
/* The clock: time in every format, flags, interrupts, CMOS bytes. */
#include "platform/rtc.h"
#include "tests/test.h"

#include <stdlib.h>

#define S 1000000000ULL
/* 2024-02-29 23:59:58 UTC, a Thursday. */
#define START (1709251198ULL * S)

static struct rtc rtc;
static u64 wall, armed;
static int line, edges;

static u64 now(void *arg)
{
	(void)arg;
	return wall;
}

static void arm(void *arg, u64 ns)
{
	(void)arg;
	armed = ns;
}

static void irq(void *arg, bool level)
{
	(void)arg;
	assert_int_not_equal(level, line);
	line = level;
	edges += level;
}

static int setup(void **state)
{
	const struct rtc_ops ops = { now, arm, irq, NULL };

	(void)state;
	wall = START;
	armed = 0;
	line = edges = 0;
	rtc_init(&rtc, &ops, 2 * GIB, GIB);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	rtc_destroy(&rtc);
	return 0;
}

static u8 rd(u8 index)
{
	rtc_write(&rtc, 0, 1, index);
	return (u8)rtc_read(&rtc, 1, 1);
}

static void wr(u8 index, u8 val)
{
	rtc_write(&rtc, 0, 1, index);
	rtc_write(&rtc, 1, 1, val);
}

static void test_bcd_24h(void **state)
{
	(void)state;
	assert_int_equal(rd(0x0b), 0x02);
	assert_int_equal(rd(0), 0x58);
	assert_int_equal(rd(2), 0x59);
	assert_int_equal(rd(4), 0x23);
	assert_int_equal(rd(6), 5);
	assert_int_equal(rd(7), 0x29);
	assert_int_equal(rd(8), 0x02);
	assert_int_equal(rd(9), 0x24);
	assert_int_equal(rd(0x32), 0x20);
	wall += 2 * S; /* leap day ends */
	assert_int_equal(rd(4), 0x00);
	assert_int_equal(rd(7), 0x01);
	assert_int_equal(rd(8), 0x03);
}

static void test_binary_12h(void **state)
{
	(void)state;
	wr(0x0b, 0x04);
	assert_int_equal(rd(0), 58);
	assert_int_equal(rd(4), 0x80 | 11);
	assert_int_equal(rd(7), 29);
	wall += 2 * S;
	assert_int_equal(rd(4), 12); /* midnight is 12 AM */
	wall += 12 * 3600 * S;
	assert_int_equal(rd(4), 0x80 | 12); /* noon is 12 PM */
	wall += 3600 * S;
	assert_int_equal(rd(4), 0x80 | 1);
}

static void test_set_moves_offset_only(void **state)
{
	(void)state;
	wr(0x0b, 0x82);
	wr(0, 0x30);
	wr(2, 0x15);
	wr(4, 0x06);
	wr(7, 0x01);
	wr(8, 0x07);
	wr(9, 0x99);
	wr(0x32, 0x19);
	wall += 10 * S; /* it stands still meanwhile */
	assert_int_equal(rd(0), 0x30);
	wr(0x0b, 0x02);
	assert_int_equal(rd(0), 0x30);
	wall += 3 * S;
	assert_int_equal(rd(0), 0x33);
	assert_int_equal(rd(2), 0x15);
	assert_int_equal(rd(4), 0x06);
	assert_int_equal(rd(6), 5); /* 1999-07-01 was a Thursday */
	assert_int_equal(rd(9), 0x99);
	assert_int_equal(rd(0x32), 0x19);
	assert_int_equal(wall, START + 13 * S);
}

static void test_set_while_running(void **state)
{
	(void)state;
	wall += S / 2;
	wr(2, 0x10);
	assert_int_equal(rd(2), 0x10);
	assert_int_equal(rd(0), 0x58);
	wall += S / 2; /* the fraction of the second was kept */
	assert_int_equal(rd(0), 0x59);
}

static void test_update_in_progress(void **state)
{
	(void)state;
	assert_int_equal(rd(0x0a), 0x26);
	wall = START + S - 244000;
	assert_int_equal(rd(0x0a), 0xa6);
	wall = START + S;
	assert_int_equal(rd(0x0a), 0x26);
	wr(0x0a, 0xff); /* UIP cannot be written */
	assert_int_equal(rd(0x0a), 0x7f);
}

static void test_update_interrupt(void **state)
{
	(void)state;
	wall += S / 4;
	wr(0x0b, 0x12);
	assert_int_equal(armed, 3 * S / 4);
	wall += armed;
	rtc_expire(&rtc);
	assert_int_equal(line, 1);
	assert_int_equal(armed, 0); /* not before this one is served */
	assert_int_equal(rd(0x0c) & 0x90, 0x90);
	assert_int_equal(line, 0);
	assert_int_equal(armed, S);
	assert_int_equal(rd(0x0c), 0);
}

static void test_polled_update_flag(void **state)
{
	(void)state;
	rd(0x0c);
	assert_int_equal(rd(0x0c) & 0x10, 0);
	wall += S;
	assert_int_equal(rd(0x0c) & 0x90, 0x10);
	assert_int_equal(rd(0x0c) & 0x10, 0);
	assert_int_equal(edges, 0);
}

static void test_alarm(void **state)
{
	(void)state;
	wr(1, 0x05);
	wr(3, 0x00);
	wr(5, 0x00); /* 00:00:05, in seven seconds */
	wr(0x0b, 0x22);
	assert_int_equal(armed, 7 * S);
	wall += 6 * S;
	rtc_expire(&rtc);
	assert_int_equal(line, 0);
	wall += S;
	rtc_expire(&rtc);
	assert_int_equal(line, 1);
	assert_int_equal(rd(0x0c) & 0xa0, 0xa0);
	assert_int_equal(armed, 86400 * S);
}

static void test_alarm_any(void **state)
{
	(void)state;
	wr(1, 0xff);
	wr(3, 0xff);
	wr(5, 0xff);
	wr(0x0b, 0x22);
	assert_int_equal(armed, S);
	wall += S;
	rtc_expire(&rtc);
	assert_int_equal(line, 1);
}

static void test_periodic(void **state)
{
	int i;

	(void)state;
	wr(0x0a, 0x26); /* 1024 Hz */
	wr(0x0b, 0x42);
	for (i = 0; i < 10; i++) {
		assert_in_range(armed, 1, 976562);
		wall += armed;
		rtc_expire(&rtc);
		assert_int_equal(edges, i + 1);
		assert_int_equal(rd(0x0c) & 0xc0, 0xc0);
	}
	wr(0x0a, 0x20); /* rate 0: off */
	assert_int_equal(armed, 0);
}

static void test_cmos_memory(void **state)
{
	(void)state;
	assert_int_equal(rd(0x15) | rd(0x16) << 8, 640);
	assert_int_equal(rd(0x17) | rd(0x18) << 8, 0xffff);
	assert_int_equal(rd(0x30) | rd(0x31) << 8, 0xffff);
	assert_int_equal(rd(0x34) | rd(0x35) << 8, (2048 - 16) * 16);
	assert_int_equal(rd(0x5b) | rd(0x5c) << 8 | rd(0x5d) << 16,
			 GIB / 65536);
	wr(0x40, 0x77);
	assert_int_equal(rd(0x40), 0x77);
	assert_int_equal(rd(0x0d), 0x80);
	wr(0x0d, 0);
	assert_int_equal(rd(0x0d), 0x80);
	rtc_write(&rtc, 0, 1, 0x80 | 0x40); /* NMI mask bit */
	assert_int_equal(rtc_read(&rtc, 1, 1), 0x77);
	assert_int_equal(rtc_read(&rtc, 1, 2), 0xffff);
}

static void test_reset(void **state)
{
	(void)state;
	wr(0x0b, 0x12);
	wall += S;
	rtc_expire(&rtc);
	assert_int_equal(line, 1);
	rtc_reset(&rtc);
	assert_int_equal(line, 0);
	assert_int_equal(rd(0x0b), 0x02);
	assert_int_equal(armed, 0);
}

static void test_random_accesses(void **state)
{
	u32 i;

	(void)state;
	srandom(2);
	for (i = 0; i < 100000; i++) {
		long r = random();

		if (r & 1)
			wr((u8)(r >> 1 & 0x7f), (u8)(r >> 8));
		else
			rd((u8)(r >> 1 & 0x7f));
		if ((r >> 16 & 7) == 0)
			rtc_expire(&rtc);
		wall += (u64)(r & 0xfffffff);
		assert_true(!line || !armed);
	}
	rd(0x0c);
	assert_int_equal(line, 0);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_bcd_24h),
		T(test_binary_12h),
		T(test_set_moves_offset_only),
		T(test_set_while_running),
		T(test_update_in_progress),
		T(test_update_interrupt),
		T(test_polled_update_flag),
		T(test_alarm),
		T(test_alarm_any),
		T(test_periodic),
		T(test_cmos_memory),
		T(test_reset),
		T(test_random_accesses),
	};

	return cmocka_run_group_tests_name("dm rtc", tests, NULL, NULL);
}
