/* SPDX-License-Identifier: BSD-2-Clause */
/* Which CPU asks for which mitigation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "arch/x86/mitigate.h"

#define ALL_BITS (BIT32(MITIGATION_COUNT) - 1)

static const struct {
	const char *cpu;
	struct mitigate_facts f;
	u32 asked;
} cpus[] = {
	{ "says nothing", { 0 }, 0 },
	{ "AMD with IBPB",
	  { .ibpb = true },
	  MITIGATE(IBPB) | MITIGATE(RSB) | MITIGATE(REGISTERS) },
	{ "AMD with automatic IBRS",
	  { .ibpb = true, .auto_ibrs = true },
	  MITIGATE(IBPB) | MITIGATE(AUTO_IBRS) | MITIGATE(REGISTERS) },
	{ "Intel that leaks all",
	  { .ibpb = true, .l1d_flush = true, .md_clear = true },
	  MITIGATE(IBPB) | MITIGATE(L1D) | MITIGATE(BUFFERS) | MITIGATE(RSB) |
		  MITIGATE(REGISTERS) },
	{ "Intel without L1TF",
	  { .l1d_flush = true, .arch_caps = ARCH_CAP_RDCL_NO },
	  0 },
	{ "Intel below a hypervisor that flushes",
	  { .l1d_flush = true, .arch_caps = ARCH_CAP_SKIP_L1DFL },
	  0 },
	{ "Intel without MDS",
	  { .md_clear = true, .arch_caps = ARCH_CAP_MDS_NO },
	  0 },
	{ "Intel without MDS, whose transactions leak",
	  { .md_clear = true, .rtm = true, .arch_caps = ARCH_CAP_MDS_NO },
	  MITIGATE(BUFFERS) },
	{ "Intel without either",
	  { .md_clear = true,
	    .rtm = true,
	    .arch_caps = ARCH_CAP_MDS_NO | ARCH_CAP_TAA_NO },
	  0 },
	{ "Intel that leaks stale data by MMIO",
	  { .arch_caps = ARCH_CAP_FB_CLEAR | ARCH_CAP_FBSDP_NO },
	  MITIGATE(BUFFERS) },
	{ "Intel that does not",
	  { .arch_caps = ARCH_CAP_FB_CLEAR | ARCH_CAP_FBSDP_NO |
			 ARCH_CAP_PSDP_NO | ARCH_CAP_SBDR_SSDP_NO },
	  0 },
	{ "Intel whose register files leak",
	  { .arch_caps = ARCH_CAP_RFDS_CLEAR },
	  MITIGATE(BUFFERS) },
	{ "Intel whose do not",
	  { .arch_caps = ARCH_CAP_RFDS_CLEAR | ARCH_CAP_RFDS_NO },
	  0 },
	{ "Intel with IBRS",
	  { .ibpb = true, .ibrs = true },
	  MITIGATE(IBPB) | MITIGATE(IBRS) | MITIGATE(RSB) |
		  MITIGATE(REGISTERS) },
	{ "other capabilities excuse nothing",
	  { .l1d_flush = true, .md_clear = true, .arch_caps = BIT64(1) },
	  MITIGATE(L1D) | MITIGATE(BUFFERS) },
};

static void test_auto(void **state)
{
	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(cpus); i++) {
		u32 got = mitigate_policy(&cpus[i].f, MITIGATE_AUTO);

		if (got != cpus[i].asked)
			fail_msg("%s: %#x, not %#x", cpus[i].cpu, got,
				 cpus[i].asked);
	}
}

static void test_off(void **state)
{
	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(cpus); i++)
		assert_int_equal(mitigate_policy(&cpus[i].f, MITIGATE_OFF), 0);
}

/* All but what would fault on a CPU that lacks it. */
static void test_all(void **state)
{
	const struct mitigate_facts none = { 0 };
	const struct mitigate_facts has = { .auto_ibrs = true, .ibrs = true };

	(void)state;
	assert_int_equal(mitigate_policy(&none, MITIGATE_ALL),
			 ALL_BITS & ~(MITIGATE(AUTO_IBRS) | MITIGATE(IBRS)));
	assert_int_equal(mitigate_policy(&has, MITIGATE_ALL), ALL_BITS);
}

static void test_option(void **state)
{
	(void)state;
	assert_int_equal(mitigate_parse("off"), MITIGATE_OFF);
	assert_int_equal(mitigate_parse("all"), MITIGATE_ALL);
	assert_int_equal(mitigate_parse("auto"), MITIGATE_AUTO);
	assert_int_equal(mitigate_parse("of"), MITIGATE_AUTO);
	assert_int_equal(mitigate_parse(""), MITIGATE_AUTO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_auto),
		cmocka_unit_test(test_off),
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_option),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
