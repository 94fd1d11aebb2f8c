/* SPDX-License-Identifier: BSD-2-Clause */
/* Local APIC timer in its three modes. */
#include "tests/unit/test_virq.h"

#define LVT_TIMER 0x320
#define INITIAL   0x380
#define CURRENT   0x390
#define DIVIDE    0x3e0

#define ONE_SHOT 0x00000U
#define PERIODIC 0x20000U
#define DEADLINE 0x40000U
#define MASKED   0x10000U
#define VECTOR   0xecU

static struct machine m;
static struct vlapic *const v = &m.cpu[0].lapic;

static int setup(void **state)
{
	(void)state;
	m_setup(&m, NULL);
	m_enable(&m);
	return 0;
}

/* Time passes as the owner CPU sees it: a check at each armed deadline. */
static u32 run_until(u64 end)
{
	u32 fired = 0;

	while (m.cpu[0].armed != 0 && m.cpu[0].armed <= end) {
		m_tsc = m.cpu[0].armed;
		vlapic_timer_check(v, m_tsc);
		if (m_take(v) == VECTOR) {
			fired++;
			vlapic_eoi(v);
		}
	}
	m_tsc = end;
	return fired;
}

static void one_shot(void **state)
{
	u64 start = m_tsc;

	(void)state;
	m_xwrite(v, DIVIDE, 0x3); /* by 16 */
	m_xwrite(v, LVT_TIMER, ONE_SHOT | VECTOR);
	m_xwrite(v, INITIAL, 1000);
	assert_int_equal(m.cpu[0].armed, start + 16000);
	assert_int_equal(m_xread(v, CURRENT), 1000);
	assert_int_equal(run_until(start + 8000), 0);
	assert_int_equal(m_xread(v, CURRENT), 500);
	assert_int_equal(run_until(start + 15999), 0);
	assert_int_equal(m_xread(v, CURRENT), 1);
	assert_int_equal(run_until(start + 16000), 1);
	assert_int_equal(m.eois, 0); /* a timer is an edge */
	assert_int_equal(m_xread(v, CURRENT), 0);
	assert_int_equal(m.cpu[0].armed, 0);
	assert_int_equal(run_until(start + 1000000), 0);
	assert_int_equal(m_xread(v, INITIAL), 1000);
}

static void every_divisor(void **state)
{
	/* SDM vol. 3, "Divide Configuration Register" */
	static const struct {
		u32 code;
		u32 by;
	} divide[] = {
		{ 0x0, 2 },  { 0x1, 4 },  { 0x2, 8 },   { 0x3, 16 },
		{ 0x8, 32 }, { 0x9, 64 }, { 0xa, 128 }, { 0xb, 1 },
	};
	u32 i;

	(void)state;
	m_xwrite(v, LVT_TIMER, VECTOR);
	for (i = 0; i < ARRAY_SIZE(divide); i++) {
		m_xwrite(v, DIVIDE, divide[i].code);
		m_xwrite(v, INITIAL, 0xffffffff);
		assert_int_equal(m.cpu[0].armed,
				 m_tsc + 0xffffffffULL * divide[i].by);
		m_tsc += 10 * divide[i].by;
		assert_int_equal(m_xread(v, CURRENT), 0xffffffff - 10);
	}
}

static void divisor_change_keeps_count(void **state)
{
	(void)state;
	m_xwrite(v, DIVIDE, 0xb);
	m_xwrite(v, LVT_TIMER, VECTOR);
	m_xwrite(v, INITIAL, 1000);
	m_tsc += 400;
	m_xwrite(v, DIVIDE, 0x0);
	assert_int_equal(m_xread(v, CURRENT), 600);
	assert_int_equal(m.cpu[0].armed, m_tsc + 1200);
	m_tsc += 600;
	assert_int_equal(m_xread(v, CURRENT), 300);
}

static void periodic(void **state)
{
	u64 start = m_tsc;

	(void)state;
	m_xwrite(v, DIVIDE, 0xb);
	m_xwrite(v, LVT_TIMER, PERIODIC | VECTOR);
	m_xwrite(v, INITIAL, 100000);
	assert_int_equal(run_until(start + 100000000), 1000);
	/* A CPU that looks late sees one interrupt, and stays on the grid. */
	m_tsc = start + 100530000;
	vlapic_timer_check(v, m_tsc);
	assert_int_equal(m_take(v), VECTOR);
	assert_int_equal(vlapic_pending(v), -1);
	vlapic_eoi(v);
	assert_int_equal(m.cpu[0].armed, start + 100600000);
	assert_int_equal(m_xread(v, CURRENT), 70000);
	m_xwrite(v, INITIAL, 0);
	assert_int_equal(m.cpu[0].armed, 0);
	assert_int_equal(m_xread(v, CURRENT), 0);
}

/* A period too short to serve: fewer interrupts, the count as asked. */
static void storms_are_tamed(void **state)
{
	u64 start = m_tsc;
	u32 fired;

	(void)state;
	m_xwrite(v, DIVIDE, 0xb);
	m_xwrite(v, LVT_TIMER, PERIODIC | VECTOR);
	m_xwrite(v, INITIAL, 7);
	fired = run_until(start + 100 * VLAPIC_MIN_PERIOD);
	assert_in_range(fired, 99, 101);
	assert_int_equal((m.cpu[0].armed - start) % 7, 0);
	m_tsc = start + 7 * 400000 + 3;
	vlapic_timer_check(v, m_tsc);
	assert_int_equal(m_xread(v, CURRENT), 4);
}

static void early_check_rearms(void **state)
{
	u32 arms;

	(void)state;
	m_xwrite(v, DIVIDE, 0xb);
	m_xwrite(v, LVT_TIMER, VECTOR);
	m_xwrite(v, INITIAL, 1000);
	arms = m.cpu[0].arms;
	vlapic_timer_check(v, m_tsc + 999);
	assert_int_equal(vlapic_pending(v), -1);
	assert_int_equal(m.cpu[0].arms, arms + 1);
	assert_int_equal(m.cpu[0].armed, m_tsc + 1000);
}

static void masked_runs_silently(void **state)
{
	u64 start = m_tsc;

	(void)state;
	/* Linux calibrates so: masked, counting down from the top. */
	m_xwrite(v, LVT_TIMER, MASKED | VECTOR);
	m_xwrite(v, DIVIDE, 0x3);
	m_xwrite(v, INITIAL, 0xffffffff);
	assert_int_equal(m.cpu[0].armed, 0);
	m_tsc += 16 * 12345;
	assert_int_equal(m_xread(v, CURRENT), 0xffffffff - 12345);
	/* It expires while masked: no interrupt, then or later. */
	m_xwrite(v, DIVIDE, 0xb);
	m_xwrite(v, INITIAL, 100);
	m_tsc += 200;
	m_xwrite(v, LVT_TIMER, VECTOR);
	assert_int_equal(vlapic_pending(v), -1);
	assert_int_equal(m.cpu[0].armed, 0);
	/* Unmasked in time it interrupts. */
	m_xwrite(v, LVT_TIMER, MASKED | PERIODIC | VECTOR);
	start = m_tsc;
	m_xwrite(v, INITIAL, 100000);
	m_tsc += 250000;
	m_xwrite(v, LVT_TIMER, PERIODIC | VECTOR);
	assert_int_equal(vlapic_pending(v), -1);
	assert_int_equal(m.cpu[0].armed, start + 300000);
	/* Due but not yet noticed when the mask comes: it still counts. */
	m_tsc = start + 300000;
	m_xwrite(v, LVT_TIMER, MASKED | PERIODIC | VECTOR);
	assert_int_equal(m_take(v), VECTOR);
	assert_int_equal(m.cpu[0].armed, 0);
}

static void deadline(void **state)
{
	(void)state;
	vlapic_tsc_deadline_write(v, m_tsc + 5);
	assert_int_equal(vlapic_tsc_deadline_read(v), 0);
	m_xwrite(v, LVT_TIMER, DEADLINE | VECTOR);
	vlapic_tsc_deadline_write(v, m_tsc + 5000);
	assert_int_equal(vlapic_tsc_deadline_read(v), m_tsc + 5000);
	assert_int_equal(m.cpu[0].armed, m_tsc + 5000);
	m_xwrite(v, INITIAL, 7);
	assert_int_equal(m_xread(v, CURRENT) | m_xread(v, INITIAL), 0);
	assert_int_equal(run_until(m_tsc + 4999), 0);
	assert_int_equal(run_until(m_tsc + 1), 1);
	assert_int_equal(vlapic_tsc_deadline_read(v), 0);
	assert_int_equal(m.cpu[0].armed, 0);
	/* One that has passed fires at once. */
	vlapic_tsc_deadline_write(v, 1);
	assert_int_equal(m_take(v), VECTOR);
	vlapic_eoi(v);
	assert_int_equal(vlapic_tsc_deadline_read(v), 0);
	/* 0 disarms; the far future is just far. */
	vlapic_tsc_deadline_write(v, ~(u64)0);
	assert_int_equal(m.cpu[0].armed, ~(u64)0);
	vlapic_tsc_deadline_write(v, 0);
	assert_int_equal(m.cpu[0].armed, 0);
	assert_int_equal(vlapic_pending(v), -1);
}

static void mode_change_disarms(void **state)
{
	(void)state;
	m_xwrite(v, LVT_TIMER, DEADLINE | VECTOR);
	vlapic_tsc_deadline_write(v, m_tsc + 5000);
	m_xwrite(v, LVT_TIMER, ONE_SHOT | VECTOR);
	assert_int_equal(m.cpu[0].armed, 0);
	m_xwrite(v, INITIAL, 5000);
	m_xwrite(v, LVT_TIMER, DEADLINE | VECTOR);
	assert_int_equal(m.cpu[0].armed, 0);
	assert_int_equal(vlapic_tsc_deadline_read(v), 0);
	/* One-shot to periodic goes on counting. */
	m_xwrite(v, LVT_TIMER, ONE_SHOT | VECTOR);
	m_xwrite(v, DIVIDE, 0xb);
	m_xwrite(v, INITIAL, 50000);
	m_tsc += 10000;
	m_xwrite(v, LVT_TIMER, PERIODIC | VECTOR);
	assert_int_equal(m_xread(v, CURRENT), 40000);
	assert_int_equal(run_until(m_tsc + 140000), 3);
	/* The reserved mode stands still. */
	m_xwrite(v, LVT_TIMER, PERIODIC | DEADLINE | VECTOR);
	m_xwrite(v, INITIAL, 5);
	vlapic_tsc_deadline_write(v, m_tsc + 1);
	assert_int_equal(m.cpu[0].armed, 0);
}

static void guest_tsc_offset(void **state)
{
	u64 offset = (u64)0 - 900000;

	(void)state;
	vlapic_set_tsc_offset(v, offset);
	m_xwrite(v, LVT_TIMER, DEADLINE | VECTOR);
	vlapic_tsc_deadline_write(v, 100500); /* the guest's now: 100000 */
	assert_int_equal(m.cpu[0].armed, m_tsc + 500);
	/* The guest turns its TSC back: the deadline is further away. */
	vlapic_set_tsc_offset(v, offset - 1000);
	assert_int_equal(m.cpu[0].armed, m_tsc + 1500);
	assert_int_equal(vlapic_tsc_deadline_read(v), 100500);
	/* And forward past it. */
	vlapic_set_tsc_offset(v, offset + 501);
	assert_int_equal(m_take(v), VECTOR);
}

static void reset_stops_it(void **state)
{
	(void)state;
	m_xwrite(v, LVT_TIMER, PERIODIC | VECTOR);
	m_xwrite(v, INITIAL, 100);
	assert_int_not_equal(m.cpu[0].armed, 0);
	vlapic_init_reset(v);
	assert_int_equal(m.cpu[0].armed, 0);
	m_tsc += 100000;
	vlapic_timer_check(v, m_tsc);
	assert_int_equal(vlapic_pending(v), -1);
	/* So does switching the APIC off by software: it masks. */
	m_xwrite(v, 0xf0, 0x1ff);
	m_xwrite(v, LVT_TIMER, PERIODIC | VECTOR);
	m_xwrite(v, INITIAL, 100);
	m_xwrite(v, 0xf0, 0xff);
	assert_int_equal(m.cpu[0].armed, 0);
}

/* Near the end of the TSC's range nothing wraps into the past. */
static void end_of_time(void **state)
{
	(void)state;
	m_tsc = ~(u64)0 - 50;
	m_xwrite(v, LVT_TIMER, PERIODIC | VECTOR);
	m_xwrite(v, DIVIDE, 0xb);
	m_xwrite(v, INITIAL, 1000);
	assert_int_equal(m.cpu[0].armed, ~(u64)0);
	assert_int_equal(vlapic_pending(v), -1);
	m_tsc = 0;
	m_xwrite(v, LVT_TIMER, DEADLINE | VECTOR);
	vlapic_set_tsc_offset(v, 100);
	vlapic_tsc_deadline_write(v, 50);
	assert_int_equal(m_take(v), VECTOR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(one_shot, setup),
		cmocka_unit_test_setup(every_divisor, setup),
		cmocka_unit_test_setup(divisor_change_keeps_count, setup),
		cmocka_unit_test_setup(periodic, setup),
		cmocka_unit_test_setup(storms_are_tamed, setup),
		cmocka_unit_test_setup(early_check_rearms, setup),
		cmocka_unit_test_setup(masked_runs_silently, setup),
		cmocka_unit_test_setup(deadline, setup),
		cmocka_unit_test_setup(mode_change_disarms, setup),
		cmocka_unit_test_setup(guest_tsc_offset, setup),
		cmocka_unit_test_setup(reset_stops_it, setup),
		cmocka_unit_test_setup(end_of_time, setup),
	};

	return cmocka_run_group_tests_name("vlapic_timer", tests, NULL, NULL);
}
