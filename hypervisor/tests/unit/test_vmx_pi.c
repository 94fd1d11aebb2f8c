/* SPDX-License-Identifier: BSD-2-Clause */
/* Descriptors of posted interrupts: no vector lost, no notification missed. */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "arch/x86/vmx/pi.h"

#define CPU 0x123U
#define NV  0xe1

static struct pi_desc d;

static int setup(void **state)
{
	(void)state;
	memset(&d, 0, sizeof(d));
	pi_resume(&d, CPU, NV);
	return 0;
}

/* As the CPU reads it: SDM vol 3, table 30-1 and VT-d's descriptor. */
static void layout(void **state)
{
	(void)state;
	assert_int_equal(offsetof(struct pi_desc, control), 32);
	assert_int_equal(d.control, (u64)CPU << 32 | NV << 16);
	pi_suspend(&d);
	assert_int_equal(d.control & 3, 2);
}

static void first_one_notifies(void **state)
{
	u32 irr[8] = { 0 };
	u32 dest = 0;

	(void)state;
	assert_false(pi_is_on(&d));
	assert_true(pi_post(&d, 0x31, &dest));
	assert_int_equal(dest, CPU);
	assert_true(pi_is_on(&d));
	assert_false(pi_post(&d, 0x31, &dest));
	assert_false(pi_post(&d, 0xff, &dest));
	assert_int_equal(pi_take(&d, irr), BIT32(1) | BIT32(7));
	assert_int_equal(irr[1], BIT32(0x11));
	assert_int_equal(irr[7], BIT32(31));
	assert_false(pi_is_on(&d));
	assert_int_equal(pi_take(&d, irr), 0);
	assert_true(pi_post(&d, 0x31, &dest));
}

static void nobody_runs_it(void **state)
{
	u32 dest = 0;

	(void)state;
	pi_suspend(&d);
	assert_false(pi_post(&d, 0x40, &dest));
	/* Who looks for it while it is suspended finds it, too. */
	assert_true(pi_is_on(&d));
	pi_resume(&d, 7, NV);
	assert_true(pi_is_on(&d));
	assert_false(pi_post(&d, 0x41, &dest));
	pi_suspend(&d);
	assert_int_equal(pi_take(&d, (u32[8]){ 0 }), BIT32(2));
	pi_resume(&d, 7, NV);
	assert_false(pi_is_on(&d));
	assert_true(pi_post(&d, 0x40, &dest));
	assert_int_equal(dest, 7);
}

static void taken_back_once(void **state)
{
	u32 irr[8];
	u32 dest;

	(void)state;
	pi_post(&d, 0x55, &dest);
	assert_true(pi_take_back(&d, 0x55));
	assert_false(pi_take_back(&d, 0x55));
	assert_int_equal(pi_take(&d, irr), 0);
	pi_post(&d, 0x55, &dest);
	pi_take(&d, irr);
	assert_false(pi_take_back(&d, 0x55));
}

#define SENDERS 3
#define ROUNDS  5000

static u32 notified;  /* interrupts under way */
static u32 seen[256]; /* times a vector was taken */
static u32 senders_left;
static bool stuck;

/* Each sends its own vector again when the last one was taken. */
static void *send_all(void *arg)
{
	u8 vector = (u8)(uintptr_t)arg;
	u32 dest;

	for (u32 i = 0; i < ROUNDS && !stuck; i++) {
		u64 patience = 0;

		if (pi_post(&d, vector, &dest))
			__atomic_fetch_add(&notified, 1, __ATOMIC_SEQ_CST);
		while (__atomic_load_n(&seen[vector], __ATOMIC_SEQ_CST) == i) {
			sched_yield();
			if (++patience < 10000000)
				continue;
			__atomic_store_n(&stuck, true, __ATOMIC_SEQ_CST);
			break;
		}
	}
	__atomic_fetch_sub(&senders_left, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

static void note(u32 word, u32 bits)
{
	for (; bits; bits &= bits - 1)
		__atomic_fetch_add(&seen[32 * word + (u32)__builtin_ctz(bits)],
				   1, __ATOMIC_SEQ_CST);
}

/* Takes only when told to: a notification that is missed ends in patience. */
static void take_all(void)
{
	u32 irr[8];

	while (__atomic_load_n(&senders_left, __ATOMIC_SEQ_CST)) {
		u32 words;

		if (!__atomic_exchange_n(&notified, 0, __ATOMIC_SEQ_CST)) {
			sched_yield();
			continue;
		}
		words = pi_take(&d, irr);
		for (; words; words &= words - 1) {
			u32 i = (u32)__builtin_ctz(words);

			note(i, irr[i]);
		}
	}
}

static void nothing_is_lost(void **state)
{
	/* Two in one word. */
	static const u8 vectors[SENDERS] = { 0x30, 0x3f, 0xe0 };
	pthread_t sender[SENDERS];

	(void)state;
	senders_left = SENDERS;
	for (u32 i = 0; i < SENDERS; i++)
		assert_int_equal(pthread_create(&sender[i], NULL, send_all,
						(void *)(uintptr_t)vectors[i]),
				 0);
	take_all();
	for (u32 i = 0; i < SENDERS; i++)
		pthread_join(sender[i], NULL);
	assert_false(stuck);
	for (u32 i = 0; i < SENDERS; i++)
		assert_int_equal(seen[vectors[i]], ROUNDS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(layout, setup),
		cmocka_unit_test_setup(first_one_notifies, setup),
		cmocka_unit_test_setup(nobody_runs_it, setup),
		cmocka_unit_test_setup(taken_back_once, setup),
		cmocka_unit_test_setup(nothing_is_lost, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
