/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "guest/x86/msr.h"
#include "lib/errno.h"

static bool action_needs_slot(u8 action)
{
	return action == MSR_STATE;
}

static void test_order(void **state)
{
	const struct msr_rule *rule;
	u64 next = 0;
	u32 i;

	(void)state;
	for (i = 0; (rule = msr_policy_row(i)); i++) {
		if (rule->first < next || rule->last < rule->first)
			fail_msg("row %u, MSR %#x: out of order", i,
				 rule->first);
		next = (u64)rule->last + 1;
	}
	assert_true(i > 80);
}

static void check_row(const struct msr_rule *rule, enum guest_kind k)
{
	u8 r = rule->read[k];
	u8 w = rule->write[k];

	if (r == MSR_FILTER)
		fail_msg("MSR %#x: FILTER is for writes", rule->first);
	if ((r == MSR_HANDLER || w == MSR_HANDLER) &&
	    rule->handler == MSR_H_NONE)
		fail_msg("MSR %#x: no handler", rule->first);
	if ((action_needs_slot(r) || action_needs_slot(w)) &&
	    (rule->slot == MSR_S_NONE ||
	     rule->slot + (rule->last - rule->first) >= MSR_S_COUNT))
		fail_msg("MSR %#x: bad slot", rule->first);
	if (w == MSR_STATE && !rule->valid)
		fail_msg("MSR %#x: no bit is valid", rule->first);
	if (w == MSR_FILTER && !rule->filter)
		fail_msg("MSR %#x: filter lets nothing pass", rule->first);
	/* A filtered write is completed with the hardware's value. */
	if (w == MSR_FILTER && r != MSR_PASS)
		fail_msg("MSR %#x: filtered but not readable", rule->first);
}

static void test_rows_are_complete(void **state)
{
	const struct msr_rule *rule;
	u32 i;

	(void)state;
	for (i = 0; (rule = msr_policy_row(i)); i++) {
		check_row(rule, GUEST_SERVICE);
		check_row(rule, GUEST_USER);
	}
}

/* No two rows keep their state in the same place. */
static void test_slots_are_distinct(void **state)
{
	u8 used[MSR_S_COUNT] = { 0 };
	const struct msr_rule *rule;
	u32 n;
	u32 i;

	(void)state;
	for (i = 0; (rule = msr_policy_row(i)); i++) {
		if (rule->slot == MSR_S_NONE)
			continue;
		for (n = rule->first; n <= rule->last; n++)
			assert_int_equal(used[rule->slot + n - rule->first]++,
					 0);
	}
	for (i = MSR_S_NONE + 1; i < MSR_S_COUNT; i++)
		assert_int_equal(used[i], 1);
}

static void test_find(void **state)
{
	const struct msr_rule *rule;
	u32 i;

	(void)state;
	for (i = 0; (rule = msr_policy_row(i)); i++) {
		assert_ptr_equal(msr_policy_find(rule->first), rule);
		assert_ptr_equal(msr_policy_find(rule->last), rule);
	}
	assert_null(msr_policy_find(0));
	assert_null(msr_policy_find(0x840));
	assert_null(msr_policy_find(0x4b564d02));
	assert_null(msr_policy_find(0xffffffff));
}

/* Nobody writes these, by bitmap or by exit. */
static const u32 forbidden[] = {
	0x3a,       0x9b,       0x1f2,      0x1f3,      0x480,      0x481,
	0x48b,      0x491,      0x560,      0x570,      0x600,      0xc8f,
	0xc0000104, 0xc0010016, 0xc0010019, 0xc001001a, 0xc001001d, 0xc0010056,
	0xc0010111, 0xc0010112, 0xc0010113, 0xc0010114, 0xc0010117, 0xc0010118,
	0xc0010130, 0xc0010131, 0xc0010132, 0xc0010133, 0xc0011005,
};

/* Writes to these are dropped, never let through. */
static const u32 dropped[] = { 0x79,       0xc0010020, 0xc0010010,
			       0xc001001f, 0xc0010058, 0xc0011021 };

static void test_forbidden(void **state)
{
	const struct msr_rule *rule;
	struct guest_msrs msrs;
	struct guest_msrs before;
	u32 k;
	u32 i;

	(void)state;
	guest_msrs_reset(&msrs);
	before = msrs;
	for (k = 0; k < GUEST_KINDS; k++) {
		for (i = 0; i < ARRAY_SIZE(forbidden); i++) {
			assert_false(msr_policy_passes((enum guest_kind)k,
						       forbidden[i], true));
			assert_int_equal(msr_guest_write((enum guest_kind)k,
							 &msrs, forbidden[i], 1,
							 &rule),
					 -EPERM);
		}
		for (i = 0; i < ARRAY_SIZE(dropped); i++)
			assert_int_equal(msr_guest_write((enum guest_kind)k,
							 &msrs, dropped[i], 1,
							 &rule),
					 MSR_DONE);
	}
	assert_memory_equal(&before, &msrs, sizeof(msrs));
}

/* What the hypervisor answers itself must not pass by a bitmap. */
static void test_always_exits(void **state)
{
	static const u32 msr[] = { 0x1b, 0x830, 0x277, 0xc0000080, 0x3b };
	u32 i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(msr); i++) {
		assert_false(msr_policy_passes(GUEST_SERVICE, msr[i], true));
		assert_false(msr_policy_passes(GUEST_USER, msr[i], true));
	}
	/* A local vector's delivery mode is looked at before it is set. */
	for (i = 0x832; i <= 0x837; i++)
		assert_false(msr_policy_passes(GUEST_SERVICE, i, true));
	for (i = 0x800; i < 0x840; i++)
		assert_false(msr_policy_passes(GUEST_USER, i, false));
	assert_false(msr_policy_passes(GUEST_USER, 0x6e0, true));
	assert_true(msr_policy_passes(GUEST_SERVICE, 0x6e0, true));
	assert_true(msr_policy_passes(GUEST_SERVICE, 0x80b, true));
}

/* A cell has a user's registers and the Service VM's local APIC. */
static void test_cell(void **state)
{
	const struct msr_rule *rule;

	(void)state;
	for (u32 i = 0; (rule = msr_policy_row(i)); i++) {
		bool own = rule->flags & MSR_F_CPU;

		for (u32 w = 0; w < 2; w++)
			assert_int_equal(msr_policy_action(rule, GUEST_CELL, w),
					 msr_policy_action(rule,
							   own ? GUEST_SERVICE
							       : GUEST_USER,
							   w));
		assert_int_equal(
			own,
			rule->first == 0x10 || rule->first == 0x1b ||
				rule->first == 0x3b || rule->first == 0x6e0 ||
				(rule->first >= 0x800 && rule->last < 0x840));
	}
	assert_true(msr_policy_passes(GUEST_CELL, 0x6e0, true));
	assert_true(msr_policy_passes(GUEST_CELL, 0x80b, true));
	assert_false(msr_policy_passes(GUEST_CELL, 0x830, true));
	assert_false(msr_policy_passes(GUEST_CELL, 0x1a0, true));
}

/* All a User VM may touch directly, and not one more. */
static void test_user_passes(void **state)
{
	/* clang-format off */
	static const struct { u32 first, last; bool r, w; } pass[] = {
		{ 0x48, 0x48, true, true }, { 0x49, 0x49, false, true },
		{ 0x174, 0x176, true, true },
		{ 0xc0000081, 0xc0000084, true, true },
		{ 0xc0000100, 0xc0000103, true, true },
	};
	static const struct { u32 first, last; } space[] = {
		{ 0, 0x1fff }, { 0xc0000000, 0xc0002fff },
		{ 0xc0010000, 0xc0011fff }, { 0x40000000, 0x40000fff },
	};
	/* clang-format on */
	bool r;
	bool w;
	u32 msr;
	u32 s;
	u32 i;

	(void)state;
	for (s = 0; s < ARRAY_SIZE(space); s++) {
		for (msr = space[s].first; msr <= space[s].last; msr++) {
			r = w = false;
			for (i = 0; i < ARRAY_SIZE(pass); i++) {
				if (msr < pass[i].first || msr > pass[i].last)
					continue;
				r = pass[i].r;
				w = pass[i].w;
			}
			assert_int_equal(
				msr_policy_passes(GUEST_USER, msr, false), r);
			assert_int_equal(
				msr_policy_passes(GUEST_USER, msr, true), w);
		}
	}
}

/* What Linux 6.1 and 6.12 read without a net at boot, on AMD and Intel. */
static void test_linux_boots(void **state)
{
	static const u32 reads[] = {
		0x10,       0x17,       0x1b,       0x8b,       0xce,
		0xfe,       0x179,      0x1a0,      0x200,      0x20f,
		0x250,      0x258,      0x26f,      0x277,      0x2ff,
		0xc0000080, 0xc0000081, 0xc0000103, 0xc0010010, 0xc0010015,
		0xc001001a, 0xc001001d, 0xc001001f, 0xc0010055, 0xc0010058,
		0xc0010064, 0xc0010140, 0xc0011020, 0xc0011021, 0xc0011029,
	};
	const struct msr_rule *rule;
	struct guest_msrs msrs;
	u64 val;
	u32 k;
	u32 i;

	(void)state;
	guest_msrs_reset(&msrs);
	for (k = 0; k < GUEST_KINDS; k++) {
		for (i = 0; i < ARRAY_SIZE(reads); i++) {
			if (msr_guest_read((enum guest_kind)k, &msrs, reads[i],
					   &val, &rule) < 0)
				fail_msg("kind %u cannot read MSR %#x", k,
					 reads[i]);
		}
	}
}

static int user_write(struct guest_msrs *msrs, u32 msr, u64 val)
{
	const struct msr_rule *rule;

	return msr_guest_write(GUEST_USER, msrs, msr, val, &rule);
}

static u64 user_read(const struct guest_msrs *msrs, u32 msr)
{
	const struct msr_rule *rule;
	u64 val = ~0ULL;

	assert_int_equal(msr_guest_read(GUEST_USER, msrs, msr, &val, &rule),
			 MSR_DONE);
	return val;
}

static void test_mtrr(void **state)
{
	struct guest_msrs m;

	(void)state;
	guest_msrs_reset(&m);
	assert_int_equal(user_read(&m, 0xfe), 0x508);
	assert_int_equal(user_read(&m, 0x2ff), 0xc06);
	assert_int_equal(user_read(&m, 0x268), 0x0606060606060606ULL);
	assert_int_equal(user_write(&m, 0xfe, 0), -EPERM);

	assert_int_equal(user_write(&m, 0x200, 0xc0000000), MSR_DONE);
	assert_int_equal(user_write(&m, 0x201, 0xfc0000800ULL), MSR_DONE);
	assert_int_equal(user_read(&m, 0x200), 0xc0000000);
	assert_int_equal(user_read(&m, 0x201), 0xfc0000800ULL);
	assert_int_equal(user_read(&m, 0x202), 0);
	/* type 2 is reserved, base bit 11 and mask bit 0 too */
	assert_int_equal(user_write(&m, 0x200, 2), -EPERM);
	assert_int_equal(user_write(&m, 0x200, 0x800), -EPERM);
	assert_int_equal(user_write(&m, 0x201, 1), -EPERM);
	assert_int_equal(user_write(&m, 0x200, BIT64(52)), -EPERM);
	/* eight pairs, as the capability register says */
	assert_int_equal(user_write(&m, 0x210, 0), -EPERM);

	assert_int_equal(user_write(&m, 0x26f, 0x0605040100000000ULL),
			 MSR_DONE);
	assert_int_equal(user_read(&m, 0x26f), 0x0605040100000000ULL);
	assert_int_equal(user_write(&m, 0x250, 0x0700000000000000ULL), -EPERM);
	assert_int_equal(user_write(&m, 0x2ff, 0x1000), -EPERM);
	assert_int_equal(user_write(&m, 0x2ff, 0xc03), -EPERM);
	assert_int_equal(user_write(&m, 0x2ff, 0xc00), MSR_DONE);
	assert_int_equal(user_read(&m, 0x2ff), 0xc00);
}

static u64 fake_rdmsr(u32 msr)
{
	return msr == 0xfe ? 0x50c : 0x1000000000ULL + msr;
}

static void test_adopt(void **state)
{
	const struct msr_rule *rule;
	struct guest_msrs m;
	u64 val;

	(void)state;
	guest_msrs_adopt(&m, fake_rdmsr);
	assert_int_equal(m.slot[MSR_S_MTRR_CAP], 0x50a);
	assert_int_equal(m.slot[MSR_S_MTRR_VAR + 19], 0x1000000213ULL);
	assert_int_equal(msr_guest_read(GUEST_SERVICE, &m, 0x26f, &val, &rule),
			 MSR_DONE);
	assert_int_equal(val, 0x100000026fULL);
	assert_int_equal(msr_guest_read(GUEST_SERVICE, &m, 0x1a0, &val, &rule),
			 MSR_DO_HARDWARE);
	assert_int_equal(msr_guest_write(GUEST_SERVICE, &m, 0x1a0, 1, &rule),
			 MSR_DO_FILTER);
	assert_int_equal(rule->filter, BIT64(38));
}

static void test_pat(void **state)
{
	(void)state;
	assert_true(msr_pat_valid(0x0007040600070406ULL));
	assert_true(msr_pat_valid(0x0407050600070106ULL));
	assert_false(msr_pat_valid(0x0207040600070406ULL));
	assert_false(msr_pat_valid(0x0007040600070403ULL));
	assert_false(msr_pat_valid(0x0807040600070406ULL));
}

static void test_unknown(void **state)
{
	const struct msr_rule *rule;
	struct guest_msrs m;
	u64 val;
	u32 k;

	(void)state;
	guest_msrs_reset(&m);
	for (k = 0; k < GUEST_KINDS; k++) {
		assert_int_equal(msr_guest_read((enum guest_kind)k, &m, 0xffff,
						&val, &rule),
				 -ENOENT);
		assert_null(rule);
		assert_int_equal(msr_guest_write((enum guest_kind)k, &m,
						 0x40000000, 0, &rule),
				 -ENOENT);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_rows_are_complete),
		cmocka_unit_test(test_slots_are_distinct),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_forbidden),
		cmocka_unit_test(test_always_exits),
		cmocka_unit_test(test_cell),
		cmocka_unit_test(test_user_passes),
		cmocka_unit_test(test_linux_boots),
		cmocka_unit_test(test_mtrr),
		cmocka_unit_test(test_adopt),
		cmocka_unit_test(test_pat),
		cmocka_unit_test(test_unknown),
	};

	return cmocka_run_group_tests_name("msr", tests, NULL, NULL);
}
