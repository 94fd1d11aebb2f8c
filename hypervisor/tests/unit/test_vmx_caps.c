/* SPDX-License-Identifier: BSD-2-Clause */
/* What follows from the capability MSRs of CPUs that exist, and do not. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "arch/x86/vmx/caps.h"
#include "arch/x86/vmx/vmcs.h"

/* MSRs 0x480 to 0x490 as models of Bochs 2.7 have them. */
#define MSR_FIRST 0x480
#define MSR_N     17

struct model {
	const char *name;
	bool pages_1g, invpcid, wbinvd, monitor, apicv;
	u64 msr[MSR_N];
};

/* clang-format off */
static const struct model models[] = {
	{ "corei7_sandy_bridge_2600k", .wbinvd = true, .monitor = true, .msr = {
		0xd810000000002b, 0x7f00000016, 0xf7f9fffe0401e172,
		0x7fffff00036dff, 0xffff000011ff, 0x401e0, 0x80000021,
		0xffffffff, 0x2000, 0x627ff, 0x34, 0xff00000000,
		0xf0106114141, 0x7f00000016, 0xf7f9fffe04006172,
		0x7fffff00036dfb, 0xffff000011fb } },
	{ "generic-vmx", .pages_1g = true, .wbinvd = true, .apicv = true, .msr = {
		0xd810000000002b, 0x7f00000016, 0xd7f9fbfe0401e172,
		0x7fffff00036dff, 0xffff000011ff, 0x200401e0, 0x80000021,
		0xffffffff, 0x2000, 0x1767ff, 0x34, 0x467ff00000000,
		0xf0106334141, 0x7f00000016, 0xd7f9fbfe04006172,
		0x7fffff00036dfb, 0xffff000011fb } },
	{ "corei7_skylake_x", .pages_1g = true, .invpcid = true, .wbinvd = true,
	  .monitor = true, .apicv = true, .msr = {
		0xd810000000002b, 0x7f00000016, 0xf7f9fffe0401e172,
		0x7fffff00036dff, 0xffff000011ff, 0x600401e0, 0x80000021,
		0xffffffff, 0x2000, 0x3727ff, 0x34, 0x2177fff00000000,
		0xf0106334141, 0x7f00000016, 0xf7f9fffe04006172,
		0x7fffff00036dfb, 0xffff000011fb } },
};
/* clang-format on */

static u64 msrs[MSR_N];
static u32 asked_beyond;

static u64 rdmsr(u32 msr)
{
	if (msr - MSR_FIRST < MSR_N)
		return msrs[msr - MSR_FIRST];
	asked_beyond++;
	return 0;
}

static void read_model(const struct model *m, struct vmx_caps *c)
{
	memcpy(msrs, m->msr, sizeof(msrs));
	asked_beyond = 0;
	vmx_caps_read(c, rdmsr, 0);
	assert_int_equal(asked_beyond, 0);
}

static void models_will_do(void **state)
{
	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(models); i++) {
		struct vmx_caps c;

		read_model(&models[i], &c);
		assert_null(vmx_caps_missing(&c));
		assert_int_equal(!!(c.ept & EPT_LEAF_1G), models[i].pages_1g);
	}
}

static bool word_obeys(u64 allowed, u32 word)
{
	return !((u32)allowed & ~word) && !(word & ~(u32)(allowed >> 32));
}

static void controls_are_allowed(void **state)
{
	struct vmx_controls k;
	struct vmx_caps c;

	(void)state;
	for (u32 i = 0; i < 2 * ARRAY_SIZE(models); i++) {
		read_model(&models[i / 2], &c);
		vmx_controls_build(&c, i & 1, &k);
		for (u32 w = 0; w < WORD_COUNT; w++)
			assert_true(word_obeys(c.word[w], k.word[w]));
	}
}

static void controls_by_kind(void **state)
{
	struct vmx_controls own, shared;
	struct vmx_caps c;

	(void)state;
	read_model(&models[2], &c);
	vmx_controls_build(&c, true, &own);
	vmx_controls_build(&c, false, &shared);
	assert_false(own.word[WORD_PIN] & PIN_EXTERNAL_INTERRUPT);
	assert_true(shared.word[WORD_PIN] & PIN_EXTERNAL_INTERRUPT);
	assert_false(own.word[WORD_PRIMARY] & PRIMARY_HLT);
	assert_true(shared.word[WORD_PRIMARY] & PRIMARY_HLT);
	assert_false(own.word[WORD_PRIMARY] & PRIMARY_CR3_LOAD);
	assert_true(own.word[WORD_PIN] & PIN_NMI);
	assert_true(shared.word[WORD_PIN] & PIN_PREEMPTION_TIMER);
	assert_false(own.word[WORD_PIN] & PIN_PREEMPTION_TIMER);
	assert_true(shared.word[WORD_PRIMARY] & PRIMARY_TPR_SHADOW);
	assert_false(shared.word[WORD_PRIMARY] & PRIMARY_CR8_LOAD);
	assert_false(shared.word[WORD_PRIMARY] & PRIMARY_INTR_WINDOW);
}

/* What a CPU lacks is left out, if Holm can do without. */
static void optional_ones(void **state)
{
	struct vmx_controls k;
	struct vmx_caps c;

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(models); i++) {
		read_model(&models[i], &c);
		vmx_controls_build(&c, false, &k);
		assert_int_equal(!!(k.word[WORD_SECONDARY] & SECONDARY_INVPCID),
				 models[i].invpcid);
		assert_int_equal(!!(k.word[WORD_SECONDARY] & SECONDARY_WBINVD),
				 models[i].wbinvd);
		assert_int_equal(!!(k.word[WORD_PRIMARY] & PRIMARY_MONITOR),
				 models[i].monitor);
	}
}

static void without_a_tpr_shadow(void **state)
{
	struct vmx_controls k;
	struct vmx_caps c;

	(void)state;
	read_model(&models[0], &c);
	c.word[WORD_PRIMARY] &= ~((u64)PRIMARY_TPR_SHADOW << 32);
	assert_null(vmx_caps_missing(&c));
	vmx_controls_build(&c, false, &k);
	assert_true(k.word[WORD_PRIMARY] & PRIMARY_CR8_LOAD);
	assert_true(k.word[WORD_PRIMARY] & PRIMARY_CR8_STORE);
	vmx_controls_build(&c, true, &k);
	assert_false(k.word[WORD_PRIMARY] & PRIMARY_CR8_LOAD);
}

/* By the specification updates; stepping and reserved bits matter or not. */
static void broken_timers(void **state)
{
	struct vmx_caps c;
	char text[VMX_CAPS_TEXT];

	(void)state;
	assert_int_equal(vmx_caps_broken(0x206a7), 0);
	assert_int_equal(vmx_caps_broken(0x306a9), 0);
	assert_int_equal(vmx_caps_broken(0x106a5 ^ 0x1000000), 0);
	assert_int_not_equal(vmx_caps_broken(0x306a8), 0);
	assert_int_equal(vmx_caps_broken(0x6e5), 0);
	assert_int_equal(vmx_caps_broken(0xf0010000 | 0xc000 | 0x6e5),
			 vmx_caps_broken(0x306a8));
	read_model(&models[0], &c);
	vmx_caps_describe(&c, text, sizeof(text));
	assert_non_null(strstr(text, "preemption-timer"));
	vmx_caps_remove(&c, vmx_caps_broken(0x106e5));
	vmx_caps_describe(&c, text, sizeof(text));
	assert_null(strstr(text, "preemption-timer"));
	assert_non_null(strstr(text, "ack-interrupt vpid"));
}

/* An old CPU: no TRUE controls, CR3 exits forced. */
static void forced_exits_are_refused(void **state)
{
	struct vmx_caps c;

	(void)state;
	memcpy(msrs, models[0].msr, sizeof(msrs));
	msrs[0] &= ~BASIC_TRUE_CONTROLS;
	vmx_caps_read(&c, rdmsr, 0);
	assert_non_null(strstr(vmx_caps_missing(&c), "CR3"));
}

static void missing_ones_are_named(void **state)
{
	static const struct {
		u8 word;
		u32 bit;
		const char *name;
	} without[] = {
		{ WORD_SECONDARY, SECONDARY_EPT, "EPT" },
		{ WORD_SECONDARY, SECONDARY_UNRESTRICTED, "unrestricted" },
		{ WORD_PIN, PIN_NMI, "NMI" },
		{ WORD_PIN, PIN_VIRTUAL_NMI, "virtual NMI" },
		{ WORD_PRIMARY, PRIMARY_MSR_BITMAPS, "MSR bitmaps" },
		{ WORD_PRIMARY, PRIMARY_NMI_WINDOW, "NMI windows" },
		{ WORD_EXIT, EXIT_LOAD_EFER, "EFER" },
		{ WORD_ENTRY, ENTRY_LOAD_PAT, "PAT" },
	};
	struct vmx_caps c;

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(without); i++) {
		read_model(&models[2], &c);
		c.word[without[i].word] &= ~((u64)without[i].bit << 32);
		assert_non_null(vmx_caps_missing(&c));
		assert_non_null(strstr(vmx_caps_missing(&c), without[i].name));
	}
	read_model(&models[2], &c);
	c.ept &= ~EPT_INVEPT;
	assert_non_null(strstr(vmx_caps_missing(&c), "INVEPT"));
}

static void taken_for_absent(void **state)
{
	static const struct {
		const char *list;
		const char *missing; /* NULL: Holm runs without */
	} want[] = {
		{ "", NULL },
		{ "tpr-shadow", NULL },
		{ "apicv,vpid,wbinvd-exits,ept-1g,ept-ad", NULL },
		{ "invept-context", NULL },
		{ "unrestricted-guest", "no unrestricted guest" },
		{ "apicv,ept-2m", "no EPT pages of 2 MiB" },
		{ "true-controls", "every write of CR3" },
	};
	struct vmx_caps c;
	u32 absent;

	(void)state;
	memcpy(msrs, models[2].msr, sizeof(msrs));
	for (u32 i = 0; i < ARRAY_SIZE(want); i++) {
		const char *missing;

		assert_true(vmx_caps_parse_without(want[i].list, &absent));
		vmx_caps_read(&c, rdmsr, absent);
		missing = vmx_caps_missing(&c);
		assert_int_equal(!missing, !want[i].missing);
		if (missing)
			assert_non_null(strstr(missing, want[i].missing));
	}
	assert_true(vmx_caps_parse_without("tpr-shadow,ept-1g", &absent));
	vmx_caps_read(&c, rdmsr, absent);
	assert_false(vmx_caps_have(&c, WORD_PRIMARY, PRIMARY_TPR_SHADOW));
	assert_true(vmx_caps_have(&c, WORD_SECONDARY, SECONDARY_VPID));
	assert_false(c.ept & EPT_LEAF_1G);
	assert_true(c.ept & EPT_LEAF_2M);
}

static void unknown_names_are_refused(void **state)
{
	static const char *const lists[] = {
		"x", "vpid,,apicv", ",vpid", "vpi", "vpidd", "apicv,vpix"
	};
	u32 absent;

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(lists); i++)
		assert_false(vmx_caps_parse_without(lists[i], &absent));
}

/* Without secondary controls their MSR does not exist. */
static void absent_registers_stay_unread(void **state)
{
	struct vmx_caps c;

	(void)state;
	memcpy(msrs, models[2].msr, sizeof(msrs));
	msrs[14] &= ~((u64)PRIMARY_SECONDARY << 32);
	vmx_caps_read(&c, rdmsr, 0);
	assert_int_equal(c.word[WORD_SECONDARY], 0);
	assert_int_equal(c.ept, 0);
	assert_non_null(vmx_caps_missing(&c));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(models_will_do),
		cmocka_unit_test(controls_are_allowed),
		cmocka_unit_test(controls_by_kind),
		cmocka_unit_test(optional_ones),
		cmocka_unit_test(broken_timers),
		cmocka_unit_test(without_a_tpr_shadow),
		cmocka_unit_test(forced_exits_are_refused),
		cmocka_unit_test(missing_ones_are_named),
		cmocka_unit_test(absent_registers_stay_unread),
		cmocka_unit_test(taken_for_absent),
		cmocka_unit_test(unknown_names_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
