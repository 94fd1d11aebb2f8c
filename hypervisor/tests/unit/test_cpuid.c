/* SPDX-License-Identifier: BSD-2-Clause */
#include <cpuid.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "guest/x86/cpuid_table.h"
#include "lib/errno.h"

#define VENDOR_AMD                                       \
	{                                                \
		0x1f, 0x68747541, 0x444d4163, 0x69746e65 \
	}
#define VENDOR_INTEL                                     \
	{                                                \
		0x1f, 0x756e6547, 0x6c65746e, 0x49656e69 \
	}

static bool intel;

/* Everything is there: each bit that is not hidden on purpose will show. */
static void greedy(u32 leaf, u32 sub, struct cpuid_regs *r)
{
	static const struct cpuid_regs amd_id = VENDOR_AMD;
	static const struct cpuid_regs intel_id = VENDOR_INTEL;

	*r = (struct cpuid_regs){ ~0U, ~0U, ~0U, ~0U };
	if (leaf == 0)
		*r = intel ? intel_id : amd_id;
	if (leaf == 0x80000000)
		r->eax = 0x80000026;
	if (leaf == 4 || leaf == 0x8000001d) {
		*r = (struct cpuid_regs){ .ebx = 0x1c0003f };
		if (sub < 4)
			r->eax = 0xfc0fc000U | (sub + 1) << 5 | 1;
	}
	if (leaf == 0xd && sub >= 2)
		*r = (struct cpuid_regs){ 64 + sub, 1024 * sub, 2 * (sub == 5),
					  0 };
	if (leaf == 0x80000008)
		r->eax = 0x003930;
}

static void host(u32 leaf, u32 sub, struct cpuid_regs *r)
{
	__cpuid_count(leaf, sub, r->eax, r->ebx, r->ecx, r->edx);
}

static struct cpuid_table table;
static struct cpuid_vcpu vcpu;

static void build(enum guest_kind kind, cpuid_native_fn native, u32 nvcpus,
		  u32 max_id)
{
	const struct cpuid_env env = {
		.kind = kind,
		.native = native,
		.tsc_khz = 2500000,
		.nvcpus = nvcpus,
		.max_lapic_id = max_id,
	};

	assert_int_equal(cpuid_table_build(&table, &env), 0);
	vcpu = (struct cpuid_vcpu){ .lapic_id = max_id, .apic_enabled = true };
}

static struct cpuid_regs ask(u32 leaf, u32 sub)
{
	struct cpuid_regs r;

	cpuid_table_lookup(&table, &vcpu, leaf, sub, &r);
	return r;
}

static bool is_zero(struct cpuid_regs r)
{
	return !(r.eax | r.ebx | r.ecx | r.edx);
}

static void check_rules(const struct cpuid_rule *rule, u32 count)
{
	u64 key;
	u64 next = 0;
	u32 i;

	for (i = 0; i < count; i++, rule++) {
		key = (u64)rule->leaf << 32 | rule->sub;
		if (key < next)
			fail_msg("leaf %#x: out of order", rule->leaf);
		next = rule->any_sub ? ((u64)rule->leaf + 1) << 32 : key + 1;
		assert_true(rule->leaf >> 30 <= 2);
		assert_true((rule->leaf & 0x3fffffff) < CPUID_CLASS_LEAVES);
	}
}

static void test_rules_in_order(void **state)
{
	(void)state;
	check_rules(cpuid_rules_user, cpuid_rules_user_count);
	check_rules(cpuid_rules_service, cpuid_rules_service_count);
}

static void test_hypervisor_leaves(void **state)
{
	struct cpuid_regs r;
	u32 k;

	(void)state;
	for (k = 0; k < GUEST_KINDS; k++) {
		build((enum guest_kind)k, greedy, 1, 0);
		assert_true(ask(1, 0).ecx & BIT32(31));
		r = ask(0x40000000, 7);
		assert_int_equal(r.eax, 0x40000010);
		assert_memory_equal(&r.ebx, "ACRNACRNACRN", 12);
		r = ask(0x40000001, 0);
		assert_int_equal(r.eax, k == GUEST_SERVICE);
		assert_int_equal(r.ebx, k == GUEST_SERVICE ? 0x6d6c6f48 : 0);
		assert_int_equal(r.ecx | r.edx, 0);
		assert_int_equal(ask(0x40000010, 0).eax, 2500000);
		/* no trace of a hypervisor below us */
		assert_true(is_zero(ask(0x40000002, 0)));
		assert_true(is_zero(ask(0x40000011, 0)));
		assert_true(is_zero(ask(0x40000100, 0)));
	}
}

/* clang-format off */
struct hidden { u32 leaf, sub; struct cpuid_regs bits; };

static const struct hidden hidden_user[] = {
	/* DTES64 MONITOR DSCPL VMX SMX EST TM2 SDBG PDCM; MCE MCA DS ACPI */
	{ 1, 0, { 0, 0, 0x000089fc & ~0x200U,
		  BIT32(7) | BIT32(14) | BIT32(18) | BIT32(21) | BIT32(22) |
		  BIT32(29) } },
	{ 7, 0, { 0, BIT32(2) | BIT32(4) | BIT32(11) | BIT32(12) | BIT32(14) |
		  BIT32(15) | BIT32(25),
		  BIT32(5) | BIT32(7) | BIT32(16) | BIT32(23) | BIT32(24) |
		  BIT32(29) | BIT32(30) | BIT32(31),
		  BIT32(5) | BIT32(15) | BIT32(18) | BIT32(19) | BIT32(20) |
		  BIT32(22) | BIT32(24) | BIT32(25) | BIT32(28) | BIT32(29) |
		  BIT32(30) } },
	{ 6, 0, { ~BIT32(2), ~0U, ~0U, ~0U } },
	{ 0xa, 0, { ~0U, ~0U, ~0U, ~0U } },
	{ 0xd, 0, { ~0x2e7U, 0, 0, ~0U } },
	{ 0xd, 1, { ~7U, 0, ~0U, ~0U } },
	{ 0xd, 8, { ~0U, ~0U, ~0U, ~0U } },
	{ 0xf, 0, { ~0U, ~0U, ~0U, ~0U } },
	{ 0x10, 0, { ~0U, ~0U, ~0U, ~0U } },
	{ 0x12, 0, { ~0U, ~0U, ~0U, ~0U } },
	{ 0x14, 0, { ~0U, ~0U, ~0U, ~0U } },
	{ 0x1f, 0, { ~0U, ~0U, ~0U, ~0U } },
	/* SVM OSVW IBS SKINIT WDT PERFCTR DBEXT MWAITX */
	{ 0x80000001, 0, { 0, 0, BIT32(2) | BIT32(9) | BIT32(10) | BIT32(12) |
			   BIT32(13) | BIT32(23) | BIT32(24) | BIT32(26) |
			   BIT32(29), BIT32(7) | BIT32(14) } },
	{ 0x80000007, 0, { ~0U, ~0U, ~0U, ~BIT32(8) } },
	{ 0x80000008, 0, { 0, BIT32(3) | BIT32(4) | BIT32(25) | BIT32(27),
			   0, ~0U } },
	{ 0x8000000a, 0, { ~0U, ~0U, ~0U, ~0U } },
	{ 0x8000001b, 0, { ~0U, ~0U, ~0U, ~0U } },
	{ 0x8000001f, 0, { ~0U, ~0U, ~0U, ~0U } },
	{ 0x80000020, 0, { ~0U, ~0U, ~0U, ~0U } },
	{ 0x80000022, 0, { ~0U, ~0U, ~0U, ~0U } },
	{ 0x80000026, 0, { ~0U, ~0U, ~0U, ~0U } },
};

static const struct hidden hidden_service[] = {
	{ 1, 0, { 0, 0, BIT32(5) | BIT32(6), 0 } },
	{ 7, 0, { 0, BIT32(2) | BIT32(12) | BIT32(15) | BIT32(25),
		  BIT32(5) | BIT32(16) | BIT32(30), BIT32(5) } },
	{ 0xf, 0, { ~0U, ~0U, ~0U, ~0U } },
	{ 0x10, 1, { ~0U, ~0U, ~0U, ~0U } },
	{ 0x12, 0, { ~0U, ~0U, ~0U, ~0U } },
	{ 0x14, 0, { ~0U, ~0U, ~0U, ~0U } },
	{ 0x80000001, 0, { 0, 0, BIT32(2) | BIT32(12), 0 } },
	{ 0x8000000a, 0, { ~0U, ~0U, ~0U, ~0U } },
	{ 0x8000001f, 0, { ~0U, ~0U, ~0U, ~0U } },
	{ 0x80000020, 0, { ~0U, ~0U, ~0U, ~0U } },
};
/* clang-format on */

static void check_hidden(const struct hidden *h, u32 n)
{
	struct cpuid_regs r;
	u32 i;

	for (i = 0; i < n; i++, h++) {
		r = ask(h->leaf, h->sub);
		if ((r.eax & h->bits.eax) | (r.ebx & h->bits.ebx) |
		    (r.ecx & h->bits.ecx) | (r.edx & h->bits.edx))
			fail_msg("leaf %#x.%u shows %#x %#x %#x %#x", h->leaf,
				 h->sub, r.eax, r.ebx, r.ecx, r.edx);
	}
}

static void test_hidden_from_user(void **state)
{
	(void)state;
	for (u32 i = 0; i < 2; i++) {
		intel = i == 1;
		build(GUEST_USER, greedy, 2, 1);
		check_hidden(hidden_user, ARRAY_SIZE(hidden_user));
	}
	intel = false;
}

static void test_hidden_from_service(void **state)
{
	(void)state;
	build(GUEST_SERVICE, greedy, 2, 1);
	check_hidden(hidden_service, ARRAY_SIZE(hidden_service));
	/* what is not hidden is the CPU's own, whatever the leaf */
	assert_int_equal(ask(0xa, 0).edx, ~0U);
	assert_int_equal(ask(0x80000026, 3).eax, ~0U);
	assert_true(ask(1, 0).ecx & BIT32(3));
}

static void test_user_features(void **state)
{
	struct cpuid_regs r;

	(void)state;
	build(GUEST_USER, greedy, 2, 1);
	assert_int_equal(ask(0, 0).eax, 0xd);
	assert_int_equal(ask(0x80000000, 0).eax, 0x80000021);
	r = ask(1, 0);
	assert_true(r.ecx & BIT32(21)); /* x2APIC */
	assert_true(r.ecx & BIT32(24)); /* TSC deadline */
	assert_true(r.edx & BIT32(12)); /* MTRR */
	assert_int_equal(ask(6, 0).eax, BIT32(2));
	assert_int_equal(ask(0x80000008, 0).eax >> 8 & 0xff, 48);
	assert_true(ask(0x80000001, 0).edx & BIT32(29));
	/* a feature the CPU lacks is not invented, but for the vLAPIC's */
	build(GUEST_USER, host, 2, 1);
	__cpuid(1, r.eax, r.ebx, r.ecx, r.edx);
	assert_int_equal(
		ask(1, 0).ecx &
			~(BIT32(21) | BIT32(24) | BIT32(27) | BIT32(31)) &
			~r.ecx,
		0);
}

static void test_moving_bits(void **state)
{
	u32 k;

	(void)state;
	for (k = 0; k < GUEST_KINDS; k++) {
		build((enum guest_kind)k, greedy, 1, 0);
		vcpu.cr4 = 0;
		assert_false(ask(1, 0).ecx & BIT32(27));
		assert_false(ask(7, 0).ecx & BIT32(4));
		vcpu.cr4 = BIT64(18);
		assert_true(ask(1, 0).ecx & BIT32(27));
		vcpu.cr4 = BIT64(22);
		assert_true(ask(7, 0).ecx & BIT32(4));
		assert_true(ask(1, 0).edx & BIT32(9));
		assert_true(ask(0x80000001, 0).edx & BIT32(9));
		vcpu.apic_enabled = false;
		assert_false(ask(1, 0).edx & BIT32(9));
		assert_false(ask(0x80000001, 0).edx & BIT32(9));
	}
}

/* Two vCPUs with LAPIC ids 2 and 3, as a CPU handed over leaves them. */
static void test_sparse_topology(void **state)
{
	struct cpuid_regs r;
	u32 id;

	(void)state;
	build(GUEST_USER, greedy, 2, 3);
	for (id = 2; id <= 3; id++) {
		vcpu.lapic_id = id;
		r = ask(1, 0);
		assert_int_equal(r.ebx >> 24, id);
		assert_int_equal(r.ebx >> 16 & 0xff, 4);
		assert_true(r.edx & BIT32(28));

		r = ask(0xb, 0);
		assert_int_equal(r.eax, 0);
		assert_int_equal(r.ebx, 1);
		assert_int_equal(r.ecx, 0x100);
		assert_int_equal(r.edx, id);
		r = ask(0xb, 1);
		assert_int_equal(r.eax, 2);
		assert_int_equal(r.ebx, 2);
		assert_int_equal(r.ecx, 0x201);
		assert_int_equal(r.edx, id);
		/* all in one package */
		assert_int_equal(r.edx >> r.eax, 0);
		r = ask(0xb, 2);
		assert_int_equal(r.eax | r.ebx, 0);
		assert_int_equal(r.ecx, 2);
		assert_int_equal(r.edx, id);

		r = ask(0x8000001e, 0);
		assert_int_equal(r.eax, id);
		assert_int_equal(r.ebx, id);
		assert_int_equal(r.ecx, 0);
	}
	r = ask(0x80000008, 0);
	assert_int_equal(r.ecx & 0xff, 1);
	assert_int_equal(r.ecx >> 12 & 0xf, 2);
	assert_true(ask(0x80000001, 0).ecx & BIT32(1));
}

static void test_cache_sharing(void **state)
{
	struct cpuid_regs r;
	u32 sub;

	(void)state;
	intel = true;
	build(GUEST_USER, greedy, 4, 7);
	for (sub = 0; sub < 4; sub++) {
		r = ask(4, sub);
		assert_int_equal(r.eax >> 5 & 7, sub + 1);
		assert_int_equal(r.eax >> 14 & 0xfff, sub < 2 ? 0 : 7);
		assert_int_equal(r.eax >> 26, 7);
		assert_int_equal(r.ebx, 0x1c0003f);
	}
	assert_true(is_zero(ask(4, 4)));
	assert_int_equal(ask(0x80000008, 0).ecx, 0);
	intel = false;
	build(GUEST_USER, greedy, 4, 7);
	assert_int_equal(ask(0x8000001d, 3).eax >> 14, 7);
	assert_int_equal(ask(0x8000001d, 0).eax >> 14, 0);
}

static void test_one_vcpu(void **state)
{
	(void)state;
	build(GUEST_USER, greedy, 1, 0);
	assert_false(ask(1, 0).edx & BIT32(28));
	assert_int_equal(ask(0xb, 1).eax, 0);
	assert_int_equal(ask(0xb, 1).ebx, 1);
	assert_false(ask(0x80000001, 0).ecx & BIT32(1));
}

static void test_xsave_sizes(void **state)
{
	(void)state;
	build(GUEST_USER, greedy, 1, 0);
	assert_int_equal(ask(0xd, 0).eax, 0x2e7);
	/* component 9 ends last: 9 * 1024 + 64 + 9 */
	assert_int_equal(ask(0xd, 0).ecx, 9289);
	vcpu.xcr0 = 0;
	assert_int_equal(ask(0xd, 0).ebx, 576);
	vcpu.xcr0 = 3;
	assert_int_equal(ask(0xd, 0).ebx, 576);
	assert_int_equal(ask(0xd, 1).ebx, 576);
	vcpu.xcr0 = 7;
	assert_int_equal(ask(0xd, 0).ebx, 2 * 1024 + 66);
	assert_int_equal(ask(0xd, 1).ebx, 576 + 66);
	vcpu.xcr0 = 0x27;
	/* component 5 is aligned to 64 */
	assert_int_equal(ask(0xd, 0).ebx, 5 * 1024 + 69);
	assert_int_equal(ask(0xd, 1).ebx, 704 + 69);
	assert_true(is_zero(ask(0xd, 3)));
	assert_true(is_zero(ask(0xd, 62)));
	assert_true(is_zero(ask(0xd, 63)));
}

/* The sizes computed are those this very CPU reports. */
static void test_xsave_like_this_cpu(void **state)
{
	struct cpuid_regs r;
	u32 lo;
	u32 hi;

	(void)state;
	__cpuid(1, r.eax, r.ebx, r.ecx, r.edx);
	if (!(r.ecx & BIT32(27)))
		skip();
	__asm__ volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
	build(GUEST_USER, host, 1, 0);
	vcpu.xcr0 = lo;
	if (hi || (lo & ~CPUID_USER_XCR0))
		skip();
	host(0xd, 0, &r);
	assert_int_equal(ask(0xd, 0).ebx, r.ebx);
}

/* One CPU's leaves are not another's: the Service VM asks its own. */
static u32 apic_now;

static void per_cpu(u32 leaf, u32 sub, struct cpuid_regs *r)
{
	greedy(leaf, sub, r);
	if (leaf == 1)
		r->ebx = apic_now << 24;
}

static void test_service_asks_its_cpu(void **state)
{
	(void)state;
	build(GUEST_SERVICE, per_cpu, 4, 3);
	for (apic_now = 0; apic_now < 4; apic_now++)
		assert_int_equal(ask(1, 0).ebx >> 24, apic_now);
}

static struct cpuid_regs clock15, clock16;

static void with_clock(u32 leaf, u32 sub, struct cpuid_regs *r)
{
	greedy(leaf, sub, r);
	if (leaf == 0x15)
		*r = clock15;
	if (leaf == 0x16)
		*r = clock16;
}

/* The TSC was measured to run at 2500000 kHz. */
static void test_clock_is_not_believed(void **state)
{
	static const struct {
		const char *what;
		struct cpuid_regs r15, r16;
		bool shown;
	} cpus[] = {
		{ "crystal and ratio", { 2, 200, 25000000, 0 }, { 0 }, true },
		{ "a little off", { 2, 201, 25000000, 0 }, { 0 }, true },
		{ "another rate", { 2, 280, 25000000, 0 }, { 0 }, false },
		{ "slower", { 2, 196, 25000000, 0 }, { 0 }, false },
		{ "whatever the base frequency",
		  { 2, 200, 25000000, 0 },
		  { 2000, 3000, 100, 0 },
		  true },
		{ "base frequency",
		  { 2, 200, 0, 0 },
		  { 2500, 9, 100, 0 },
		  true },
		{ "another", { 2, 200, 0, 0 }, { 3500, 9, 100, 0 }, false },
		{ "nothing", { 0 }, { 0 }, false },
		{ "no divisor", { 0, 200, 25000000, 0 }, { 0 }, false },
		{ "all there is", { 1, ~0U, ~0U, 0 }, { ~0U, 0, 0, 0 }, false },
	};

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(cpus); i++) {
		clock15 = cpus[i].r15;
		clock16 = cpus[i].r16;
		build(GUEST_SERVICE, with_clock, 4, 3);
		if (is_zero(ask(0x15, 0)) == cpus[i].shown ||
		    (!cpus[i].shown && !is_zero(ask(0x16, 0))))
			fail_msg("%s: %u", cpus[i].what, ask(0x15, 0).ebx);
		build(GUEST_USER, with_clock, 4, 3);
		assert_true(is_zero(ask(0x15, 0)) && is_zero(ask(0x16, 0)));
	}
}

static void test_nonsense(void **state)
{
	struct cpuid_env env = { .kind = GUEST_USER, .native = greedy };

	(void)state;
	assert_int_equal(cpuid_table_build(&table, &env), -EINVAL);
	env.nvcpus = 1;
	env.native = NULL;
	assert_int_equal(cpuid_table_build(&table, &env), -EINVAL);
	build(GUEST_USER, greedy, 1, 0);
	assert_true(is_zero(ask(0xc0000000, 0)));
	assert_true(is_zero(ask(0xffffffff, 0xffffffff)));
	assert_true(is_zero(ask(0x30, 0)));
	assert_true(is_zero(ask(0x80000030, 0)));
	assert_true(is_zero(ask(0x3fffffff, 0)));
	assert_true(is_zero(ask(7, 2)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules_in_order),
		cmocka_unit_test(test_hypervisor_leaves),
		cmocka_unit_test(test_hidden_from_user),
		cmocka_unit_test(test_hidden_from_service),
		cmocka_unit_test(test_user_features),
		cmocka_unit_test(test_moving_bits),
		cmocka_unit_test(test_sparse_topology),
		cmocka_unit_test(test_cache_sharing),
		cmocka_unit_test(test_one_vcpu),
		cmocka_unit_test(test_xsave_sizes),
		cmocka_unit_test(test_xsave_like_this_cpu),
		cmocka_unit_test(test_service_asks_its_cpu),
		cmocka_unit_test(test_clock_is_not_believed),
		cmocka_unit_test(test_nonsense),
	};

	return cmocka_run_group_tests_name("cpuid", tests, NULL, NULL);
}
