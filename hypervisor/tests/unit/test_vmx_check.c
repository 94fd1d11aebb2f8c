/* SPDX-License-Identifier: BSD-2-Clause */
/* The CPU's rules for a VMCS: good ones pass, each broken one is named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "arch/x86/asm.h"
#include "arch/x86/vmx/check.h"
#include "vm/backend.h"

#define FIELDS       0x7000
#define PAT          0x0007040600070406ULL
#define SEG(name, n) ((u32)VMCS_##name + 2 * (n))

/* All of a skylake's that is asked for. */
static const struct vmx_caps caps = {
	.basic = 0xd810000000002b,
	.misc = 0x600401e0,
	.ept = 0xf0106334141,
	.word = { 0x7f00000016, 0xf7f9fffe04006172, 0x2177fff00000000,
		  0x7fffff00036dfb, 0xffff000011fb },
	.cr0_fixed0 = 0x80000021,
	.cr0_fixed1 = 0xffffffff,
	.cr4_fixed0 = 0x2000,
	.cr4_fixed1 = 0x3727ff,
};

static u64 image[FIELDS];
static struct check_vmcs vmcs;

static u64 read_image(const void *from, enum vmcs_field field)
{
	const u64 *fields = from;

	assert_true(field < FIELDS);
	return fields[field];
}

static void put_segment(u32 n, u16 sel, u32 rights, u32 limit)
{
	image[SEG(GUEST_SEL, n)] = sel;
	image[SEG(GUEST_LIMIT, n)] = limit;
	image[SEG(GUEST_RIGHTS, n)] = rights;
	image[SEG(GUEST_BASE, n)] = 0;
}

static void put_host(void)
{
	image[VMCS_HOST_CR0] = 0x80010031;
	image[VMCS_HOST_CR3] = 0x1234000;
	image[VMCS_HOST_CR4] = 0x2020;
	image[VMCS_HOST_PAT] = PAT;
	image[VMCS_HOST_EFER] = EFER_LME | EFER_LMA | EFER_NXE;
	image[VMCS_HOST_CS_SEL] = 8;
	image[VMCS_HOST_SS_SEL] = 16;
	image[VMCS_HOST_TR_SEL] = 24;
	image[VMCS_HOST_TR_BASE] = 0xfffffeff80001000;
	image[VMCS_HOST_RIP] = 0xfffffe8000001000;
}

static void put_controls(bool direct)
{
	struct vmx_controls k;

	vmx_controls_build(&caps, direct, &k);
	image[VMCS_PIN_CONTROLS] = k.word[WORD_PIN];
	image[VMCS_PRIMARY_CONTROLS] = k.word[WORD_PRIMARY];
	image[VMCS_SECONDARY_CONTROLS] = k.word[WORD_SECONDARY];
	image[VMCS_EXIT_CONTROLS] = k.word[WORD_EXIT];
	image[VMCS_ENTRY_CONTROLS] = k.word[WORD_ENTRY];
	image[VMCS_VPID] = 1;
	image[VMCS_EPT_POINTER] = 0x700000 | 0x1e;
	image[VMCS_LINK_POINTER] = ~(u64)0;
}

/* 64-bit code at level 0 with paging. */
static void put_long_guest(void)
{
	for (u32 n = SEG_ES; n <= SEG_GS; n++)
		put_segment(n, 16, 0xc093, ~0U);
	put_segment(SEG_CS, 8, 0xa09b, ~0U);
	put_segment(SEG_LDTR, 0, RIGHTS_UNUSABLE, 0);
	put_segment(SEG_TR, 24, 0x8b, 0x67);
	image[VMCS_GUEST_CR0] = 0x80000031;
	image[VMCS_GUEST_CR4] = 0x2020;
	image[VMCS_GUEST_EFER] = EFER_LME | EFER_LMA;
	image[VMCS_GUEST_PAT] = PAT;
	image[VMCS_GUEST_RIP] = 0xffffffff81000000;
	image[VMCS_GUEST_RFLAGS] = RFLAGS_FIXED | RFLAGS_IF;
	image[VMCS_ENTRY_CONTROLS] |= ENTRY_GUEST_64;
}

/* As after RESET. */
static void put_real_guest(void)
{
	for (u32 n = SEG_ES; n <= SEG_GS; n++)
		put_segment(n, 0, 0x93, 0xffff);
	put_segment(SEG_CS, 0xf000, 0x9b, 0xffff);
	put_segment(SEG_LDTR, 0, 0x82, 0xffff);
	put_segment(SEG_TR, 0, 0x8b, 0xffff);
	image[SEG(GUEST_BASE, SEG_CS)] = 0xffff0000;
	image[VMCS_GUEST_CR0] = 0x30;
	image[VMCS_GUEST_CR4] = 0x2000;
	image[VMCS_GUEST_PAT] = PAT;
	image[VMCS_GUEST_RIP] = 0xfff0;
	image[VMCS_GUEST_RFLAGS] = RFLAGS_FIXED;
}

static void fresh(bool direct, void (*put_guest)(void))
{
	memset(image, 0, sizeof(image));
	vmcs = (struct check_vmcs){ read_image, image, &caps, 40, 0 };
	put_host();
	put_controls(direct);
	put_guest();
}

static int prepare(void **state)
{
	(void)state;
	fresh(false, put_long_guest);
	return 0;
}

static void assert_good(void)
{
	struct check_broken b = { 0 };

	for (u32 area = 0; area < CHECK_AREAS; area++) {
		if (!check_vmcs(&vmcs, (enum check_area)area, &b))
			fail_msg("%s is %llx, must be: %s", b.field,
				 (unsigned long long)b.value, b.rule);
	}
}

static void good_ones_pass(void **state)
{
	static void (*const guest[])(void) = { put_long_guest, put_real_guest };

	(void)state;
	for (u32 i = 0; i < 4; i++) {
		fresh(i & 1, guest[i / 2]);
		assert_good();
	}
}

struct breakage {
	u8 area;
	u32 field;
	u64 value;
	const char *named; /* as the message names the field */
};

#define CONTROLS(f, v)                          \
	{                                       \
		CHECK_CONTROLS, VMCS_##f, v, #f \
	}
#define HOST(f, v)                          \
	{                                   \
		CHECK_HOST, VMCS_##f, v, #f \
	}
#define GUEST(f, v)                          \
	{                                    \
		CHECK_GUEST, VMCS_##f, v, #f \
	}
#define PART(f, n, v)                         \
	{                                     \
		CHECK_GUEST, SEG(f, n), v, #f \
	}

/* clang-format off */
static const struct breakage breakages[] = {
	CONTROLS(PIN_CONTROLS, 0),
	CONTROLS(PIN_CONTROLS, 0x1ff),
	CONTROLS(PRIMARY_CONTROLS, 0),
	CONTROLS(SECONDARY_CONTROLS, BIT32(31)),
	CONTROLS(EXIT_CONTROLS, 0),
	CONTROLS(ENTRY_CONTROLS, 0),
	CONTROLS(CR3_TARGETS, 5),
	CONTROLS(IO_BITMAP_A, 8),
	CONTROLS(IO_BITMAP_B, BIT64(40)),
	CONTROLS(MSR_BITMAP, 1),
	CONTROLS(VAPIC_PAGE, 0x800),
	CONTROLS(TPR_THRESHOLD, 0x10),
	CONTROLS(TPR_THRESHOLD, 1),
	CONTROLS(VPID, 0),
	CONTROLS(EPT_POINTER, 0),
	CONTROLS(EPT_POINTER, 0x70001a),
	CONTROLS(EPT_POINTER, 0x70009e),
	CONTROLS(EXIT_STORE_COUNT, 1),
	CONTROLS(EXIT_LOAD_COUNT, 1),
	CONTROLS(ENTRY_LOAD_COUNT, 1),
	CONTROLS(ENTRY_EVENT, EVENT_VALID | 1U << 8),
	CONTROLS(ENTRY_EVENT, EVENT_VALID | BIT32(12)),
	CONTROLS(ENTRY_EVENT, EVENT_VALID | EVENT_TYPE_NMI | 3),
	CONTROLS(ENTRY_EVENT, EVENT_VALID | EVENT_TYPE_EXCEPTION | 32),
	CONTROLS(ENTRY_EVENT, EVENT_VALID | EVENT_TYPE_EXCEPTION | 13),
	CONTROLS(ENTRY_EVENT, EVENT_VALID | EVENT_TYPE_EXCEPTION | EVENT_ERROR_VALID | 6),
	HOST(HOST_CR0, 0),
	HOST(HOST_CR4, 0x20),
	HOST(HOST_CR4, 0x2000),
	HOST(HOST_CR3, BIT64(40)),
	HOST(HOST_PAT, 0x0007040600070402),
	HOST(HOST_EFER, EFER_LME),
	HOST(HOST_EFER, EFER_LME | EFER_LMA | EFER_SVME),
	HOST(HOST_CS_SEL, 0),
	HOST(HOST_CS_SEL, 9),
	HOST(HOST_TR_SEL, 0),
	HOST(HOST_SS_SEL, 0x14),
	HOST(HOST_GS_BASE, BIT64(47)),
	HOST(HOST_TR_BASE, BIT64(63)),
	HOST(HOST_GDTR_BASE, BIT64(48)),
	HOST(HOST_RIP, BIT64(60)),
	GUEST(GUEST_CR0, 0x80000011),
	GUEST(GUEST_CR0, 0x80000030),
	GUEST(GUEST_CR0, 0x31),
	GUEST(GUEST_CR4, 0x20),
	GUEST(GUEST_CR4, 0x2000),
	GUEST(GUEST_CR4, 0x2020 | BIT64(40)),
	GUEST(GUEST_CR3, BIT64(41)),
	GUEST(GUEST_DEBUGCTL, 4),
	GUEST(GUEST_DR7, BIT64(32)),
	GUEST(GUEST_SYSENTER_EIP, BIT64(50)),
	GUEST(GUEST_PAT, 2),
	GUEST(GUEST_EFER, EFER_LME | EFER_LMA | EFER_SVME),
	GUEST(GUEST_EFER, EFER_LME),
	GUEST(GUEST_EFER, EFER_LMA),
	GUEST(GUEST_RIP, BIT64(47)),
	GUEST(GUEST_RFLAGS, 0),
	GUEST(GUEST_RFLAGS, RFLAGS_FIXED | BIT64(3)),
	GUEST(GUEST_RFLAGS, RFLAGS_FIXED | RFLAGS_VM),
	GUEST(ACTIVITY, 4),
	GUEST(INTERRUPTIBILITY, 3),
	GUEST(INTERRUPTIBILITY, BLOCKED_BY_SMI),
	GUEST(INTERRUPTIBILITY, BIT32(6)),
	GUEST(PENDING_DEBUG, BIT64(5)),
	GUEST(LINK_POINTER, 0),
	PART(GUEST_SEL, SEG_TR, 4),
	PART(GUEST_RIGHTS, SEG_CS, 0xa095),
	PART(GUEST_RIGHTS, SEG_CS, 0xe09b),
	PART(GUEST_RIGHTS, SEG_CS, 0xa0fb),
	PART(GUEST_RIGHTS, SEG_CS, 0xa01b),
	PART(GUEST_RIGHTS, SEG_CS, 0x209b),
	PART(GUEST_RIGHTS, SEG_CS, 0xa09b | RIGHTS_UNUSABLE),
	PART(GUEST_RIGHTS, SEG_SS, 0xc091),
	PART(GUEST_RIGHTS, SEG_SS, 0xc013),
	PART(GUEST_RIGHTS, SEG_DS, 0xc092),
	PART(GUEST_RIGHTS, SEG_ES, 0xc099),
	PART(GUEST_RIGHTS, SEG_FS, 0x4093),
	PART(GUEST_RIGHTS, SEG_GS, 0xcf93),
	PART(GUEST_RIGHTS, SEG_TR, 0x89),
	PART(GUEST_RIGHTS, SEG_TR, 0x83),
	PART(GUEST_RIGHTS, SEG_TR, RIGHTS_UNUSABLE),
	PART(GUEST_RIGHTS, SEG_LDTR, 0x8b),
	PART(GUEST_BASE, SEG_TR, BIT64(47)),
	PART(GUEST_BASE, SEG_CS, BIT64(32)),
	PART(GUEST_BASE, SEG_SS, BIT64(32)),
	PART(GUEST_BASE, SEG_GDTR, BIT64(55)),
	PART(GUEST_LIMIT, SEG_IDTR, BIT32(16)),
	PART(GUEST_LIMIT, SEG_GDTR, BIT32(20)),
};
/* clang-format on */

static void broken_ones_are_named(void **state)
{
	struct check_broken b;

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(breakages); i++) {
		const struct breakage *k = &breakages[i];

		fresh(false, put_long_guest);
		image[k->field] = k->value;
		if (check_vmcs(&vmcs, (enum check_area)k->area, &b))
			fail_msg("%s = %llx passes", k->named,
				 (unsigned long long)k->value);
		assert_string_equal(b.field, k->named);
		assert_int_equal(b.value, k->value);
		assert_non_null(b.rule);
	}
}

/* Rules in which two fields meet: the pair, and what is blamed. */
static const struct {
	u32 field[2];
	u64 value[2];
	const char *named;
} pairs[] = {
	{ { VMCS_ENTRY_EVENT, VMCS_GUEST_RFLAGS },
	  { EVENT_VALID | 0x40, RFLAGS_FIXED },
	  "GUEST_RFLAGS" },
	{ { VMCS_ENTRY_EVENT, VMCS_INTERRUPTIBILITY },
	  { EVENT_VALID | 0x40, BLOCKED_BY_STI },
	  "INTERRUPTIBILITY" },
	{ { VMCS_ENTRY_EVENT, VMCS_INTERRUPTIBILITY },
	  { EVENT_VALID | EVENT_TYPE_NMI | 2, BLOCKED_BY_NMI },
	  "INTERRUPTIBILITY" },
	{ { VMCS_ENTRY_EVENT, VMCS_ACTIVITY },
	  { EVENT_VALID | EVENT_TYPE_EXCEPTION | 6, ACTIVITY_HLT },
	  "ACTIVITY" },
	{ { VMCS_INTERRUPTIBILITY, VMCS_GUEST_RFLAGS },
	  { BLOCKED_BY_STI, RFLAGS_FIXED },
	  "INTERRUPTIBILITY" },
	{ { VMCS_INTERRUPTIBILITY, VMCS_ACTIVITY },
	  { BLOCKED_BY_STI, ACTIVITY_HLT },
	  "ACTIVITY" },
	{ { VMCS_INTERRUPTIBILITY, VMCS_GUEST_RFLAGS },
	  { BLOCKED_BY_MOV_SS, RFLAGS_FIXED | RFLAGS_TF },
	  "PENDING_DEBUG" },
};

static void pairs_are_judged_together(void **state)
{
	struct check_broken b;

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(pairs); i++) {
		fresh(false, put_long_guest);
		for (u32 k = 0; k < 2; k++)
			image[pairs[i].field[k]] = pairs[i].value[k];
		assert_true(check_vmcs(&vmcs, CHECK_CONTROLS, &b));
		assert_false(check_vmcs(&vmcs, CHECK_GUEST, &b));
		assert_string_equal(b.field, pairs[i].named);
	}
}

static void the_priority_counts(void **state)
{
	struct check_broken b;

	(void)state;
	image[VMCS_TPR_THRESHOLD] = 5;
	vmcs.vtpr = 0x50;
	assert_true(check_vmcs(&vmcs, CHECK_CONTROLS, &b));
	vmcs.vtpr = 0x4f;
	assert_false(check_vmcs(&vmcs, CHECK_CONTROLS, &b));
	assert_string_equal(b.field, "TPR_THRESHOLD");
}

/* Direct guests have no preemption timer, mediated ones have. */
static void no_timer_no_saving(void **state)
{
	struct check_broken b;

	(void)state;
	image[VMCS_EXIT_CONTROLS] |= EXIT_SAVE_TIMER;
	assert_good();
	fresh(true, put_long_guest);
	image[VMCS_EXIT_CONTROLS] |= EXIT_SAVE_TIMER;
	assert_false(check_vmcs(&vmcs, CHECK_CONTROLS, &b));
	assert_string_equal(b.field, "EXIT_CONTROLS");
	assert_non_null(strstr(b.rule, "preemption timer"));
}

static void virtual_8086(void **state)
{
	struct check_broken b;

	(void)state;
	fresh(false, put_real_guest);
	image[VMCS_GUEST_CR0] |= CR0_PE;
	image[VMCS_GUEST_RFLAGS] |= RFLAGS_VM;
	assert_false(check_vmcs(&vmcs, CHECK_GUEST, &b));
	for (u32 n = SEG_ES; n <= SEG_GS; n++) {
		put_segment(n, 0x1000, 0xf3, 0xffff);
		image[SEG(GUEST_BASE, n)] = 0x10000;
	}
	assert_good();
	image[SEG(GUEST_BASE, SEG_FS)]++;
	assert_false(check_vmcs(&vmcs, CHECK_GUEST, &b));
}

static void elements_are_named_after_their_row(void **state)
{
	(void)state;
	assert_string_equal(check_field_name(0x080e), "GUEST_SEL");
	assert_string_equal(check_field_name(0x6818), "GUEST_BASE");
	assert_string_equal(check_field_name(0x681a), "GUEST_DR7");
	assert_string_equal(check_field_name(0x5000), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(good_ones_pass, prepare),
		cmocka_unit_test_setup(broken_ones_are_named, prepare),
		cmocka_unit_test_setup(pairs_are_judged_together, prepare),
		cmocka_unit_test_setup(the_priority_counts, prepare),
		cmocka_unit_test_setup(no_timer_no_saving, prepare),
		cmocka_unit_test_setup(virtual_8086, prepare),
		cmocka_unit_test(elements_are_named_after_their_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
