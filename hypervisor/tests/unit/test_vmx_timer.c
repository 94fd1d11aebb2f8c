/* SPDX-License-Identifier: BSD-2-Clause */
/* What the preemption timer is loaded with: never too soon, hardly late. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arch/x86/vmx/timer.h"

#define ROUNDS 200000U

/* The TSC at which a CPU that enters at @now makes the exit. */
static u64 exit_at(u64 now, u32 loaded, u32 shift)
{
	return loaded ? ((now >> shift) + loaded) << shift : now;
}

static u32 count(u64 now, u64 when, u32 shift)
{
	return vmx_timer_count(now, vmx_timer_end(when, shift), shift);
}

static void rate(void **state)
{
	(void)state;
	assert_int_equal(vmx_timer_shift(0x600401e5), 5);
	assert_int_equal(vmx_timer_shift(0xffffffe0), 0);
}

static void by_hand(void **state)
{
	(void)state;
	assert_int_equal(count(100, 100, 0), 0);
	assert_int_equal(count(100, 99, 0), 0);
	/* What is over comes at the next change at the latest. */
	assert_int_equal(count(100, 99, 5), 1);
	assert_int_equal(count(100, 96, 5), 0);
	assert_int_equal(count(100, 31, 5), 0);
	assert_int_equal(count(100, 101, 0), 1);
	/* Bit 5 changes at 128, and 128 is not before 127. */
	assert_int_equal(count(100, 127, 5), 1);
	assert_int_equal(count(100, 128, 5), 1);
	assert_int_equal(count(100, 129, 5), 2);
	assert_int_equal(count(128, 129, 5), 1);
}

static void longer_than_it_counts(void **state)
{
	(void)state;
	assert_int_equal(count(0, VMX_TIMER_MAX, 0), VMX_TIMER_MAX);
	assert_int_equal(count(5, 5 + BIT64(32), 0), VMX_TIMER_MAX);
	assert_int_equal(count(0, ~(u64)0, 31), VMX_TIMER_MAX);
	assert_int_equal(count(~(u64)0 - 9, ~(u64)0, 8), 1);
	assert_int_equal(count(0, BIT64(32), 1), BIT64(31));
	assert_int_equal(vmx_timer_count(0, VMX_TIMER_NEVER, 0), VMX_TIMER_MAX);
	assert_int_equal(vmx_timer_count(BIT64(62), VMX_TIMER_NEVER, 0),
			 VMX_TIMER_MAX);
}

static u64 next(u64 *seed)
{
	*seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return *seed >> 16;
}

static void at_random(void **state)
{
	u64 seed = 26;

	(void)state;
	for (u32 i = 0; i < ROUNDS; i++) {
		u32 shift = (u32)(next(&seed) % 32);
		u64 now = next(&seed);
		u64 when = now + 1 + next(&seed) % (BIT64(31) << (i & 1));
		u32 loaded = count(now, when, shift);
		u64 at = exit_at(now, loaded, shift);

		if (loaded == VMX_TIMER_MAX)
			continue;
		assert_true(at >= when);
		assert_true(at - when < BIT64(shift));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rate),
		cmocka_unit_test(by_hand),
		cmocka_unit_test(longer_than_it_counts),
		cmocka_unit_test(at_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
