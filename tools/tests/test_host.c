/* SPDX-License-Identifier: BSD-2-Clause */
/* Can a machine run Holm: CPUs of tables below a tree of files. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "abi/holm.h"
#include "fake.h"
#include "holm/host.h"
#include "tree.h"

static struct {
	struct cpuid_regs leaf1, ext1, ext7, svm, holm;
	struct {
		uint32_t msr;
		uint64_t value;
	} msr[10];
	int err; /* of every register */
} cpu;

static struct cpuid_regs fake_cpuid(void *ctx, uint32_t leaf)
{
	static const struct cpuid_regs none;

	(void)ctx;
	return leaf == 1                 ? cpu.leaf1
	       : leaf == 0x80000001      ? cpu.ext1
	       : leaf == 0x80000007      ? cpu.ext7
	       : leaf == 0x8000000a      ? cpu.svm
	       : leaf == HOLM_CPUID_LEAF ? cpu.holm
					 : none;
}

static int fake_rdmsr(void *ctx, uint32_t msr, uint64_t *value)
{
	size_t i;

	(void)ctx;
	for (i = 0; i < sizeof(cpu.msr) / sizeof(cpu.msr[0]); i++)
		if (cpu.msr[i].msr == msr && !cpu.err) {
			*value = cpu.msr[i].value;
			return 0;
		}
	return cpu.err ? cpu.err : -EIO;
}

static const struct host host = {
	.cpuid = fake_cpuid,
	.rdmsr = fake_rdmsr,
	.root = tree_root,
};

static int setup(void **state)
{
	if (tree_make(state))
		return -1;
	tree_machine();
	memset(&cpu, 0, sizeof(cpu));
	cpu.leaf1.ecx = 1U << 21 | 1U << 24;
	cpu.ext1.edx = 1U << 29 | 1U << 26 | 1U << 20;
	cpu.ext7.edx = 1U << 8;
	return 0;
}

static void be_amd(void)
{
	cpu.ext1.ecx = 1U << 2;
	cpu.svm.edx = 1;
	cpu.msr[0].msr = 0xc0010114;
}

static void be_intel(void)
{
	static const uint32_t words[] = { 0x481, 0x482, 0x483, 0x484, 0x48b };
	size_t i;

	cpu.leaf1.ecx |= 1U << 5;
	cpu.msr[0].msr = 0x3a;
	cpu.msr[0].value = 5;
	for (i = 0; i < 5; i++) {
		cpu.msr[1 + i].msr = words[i];
		cpu.msr[1 + i].value = 0xffffffffULL << 32;
	}
	cpu.msr[6].msr = 0x48c;
	cpu.msr[6].value = 0x6334141;
	/* In the old words these are forced, in truth they are not. */
	cpu.msr[2].value |= 1U << 15 | 1U << 16;
	cpu.msr[7].msr = 0x480;
	cpu.msr[7].value = 1ULL << 55;
	cpu.msr[8].msr = 0x48e;
}

static void look(const char *name, struct finding *f)
{
	unsigned int n;

	for (n = 0; host_look(&host, n, f); n++)
		if (!strcmp(f->name, name))
			return;
	fail_msg("no '%s'", name);
}

static void expect(const char *name, enum verdict verdict, const char *why)
{
	struct finding f;

	look(name, &f);
	assert_int_equal(f.verdict, verdict);
	if (!strstr(f.why, why))
		fail_msg("%s: '%s' has no '%s'", name, f.why, why);
}

/* How many needed things are not there. */
static unsigned int failed(void)
{
	struct finding f;
	unsigned int n, bad = 0;

	for (n = 0; host_look(&host, n, &f); n++)
		bad += f.needed && f.verdict != VERDICT_OK;
	return bad;
}

static void test_amd(void **state)
{
	(void)state;
	be_amd();
	assert_int_equal(failed(), 0);
	expect("virtualisation", VERDICT_OK, "SVM");
	expect("CPUs", VERDICT_OK, "0-3");
	expect("IOMMU", VERDICT_MISSING, "reaches all memory");
	tree_text("/sys/firmware/acpi/tables/IVRS", "IVRS");
	expect("IOMMU", VERDICT_OK, "");
	cpu.msr[0].value = 1 << 4;
	expect("firmware lets it", VERDICT_MISSING, "set-up");
	assert_int_equal(failed(), 1);
	cpu.svm.edx = 0;
	expect("nested paging", VERDICT_MISSING, "no nested paging");
	assert_int_equal(failed(), 2);
}

static void test_intel(void **state)
{
	(void)state;
	be_intel();
	assert_int_equal(failed(), 0);
	expect("virtualisation", VERDICT_OK, "VMX");
	cpu.msr[0].value = 0; /* not locked: Holm switches it on */
	assert_int_equal(failed(), 0);
	cpu.msr[0].value = 1;
	expect("firmware lets it", VERDICT_MISSING, "set-up");
	cpu.msr[0].value = 5;
	cpu.msr[5].value &= ~(1ULL << 39);
	expect("its controls", VERDICT_MISSING, "unrestricted guest");
	assert_int_equal(failed(), 1);
	cpu.msr[6].value &= ~(1ULL << 16);
	expect("nested paging", VERDICT_MISSING, "2 MiB");
	cpu.msr[5].value &= ~(1ULL << 33);
	expect("nested paging", VERDICT_MISSING, "no EPT");
}

static void test_intel_old(void **state)
{
	(void)state;
	be_intel();
	cpu.msr[2].value &= ~(1ULL << (32 + 22));
	expect("its controls", VERDICT_MISSING, "NMI windows");
	be_intel();
	cpu.msr[8].value = 1U << 16;
	expect("its controls", VERDICT_MISSING, "CR3");
	be_intel();
	cpu.msr[8].value = 0;
	cpu.msr[7].value = 0;
	expect("its controls", VERDICT_MISSING, "CR3");
	cpu.msr[2].value = 0xffffffffULL << 32;
	expect("its controls", VERDICT_OK, "");
}

static void test_unknown(void **state)
{
	(void)state;
	be_intel();
	cpu.err = -EACCES;
	expect("firmware lets it", VERDICT_UNKNOWN, "only root");
	expect("nested paging", VERDICT_UNKNOWN, "only root");
	cpu.err = -ENOENT;
	expect("its controls", VERDICT_UNKNOWN, "modprobe msr");
	assert_int_equal(failed(), 3);
}

static void test_others(void **state)
{
	static const uint8_t on[] = { 6, 0, 0, 0, 1 };

	(void)state;
	expect("virtualisation", VERDICT_MISSING, "neither");
	assert_int_equal(failed(), 4);
	cpu.leaf1.ecx |= 1U << 31;
	expect("virtualisation", VERDICT_MISSING, "does not nest");
	/* Holm hides from its Service VM what it uses itself. */
	cpu.holm.ebx = HOLM_CPUID_NAME;
	expect("virtualisation", VERDICT_OK, "Holm runs here");
	assert_int_equal(failed(), 0);
	tree_put("/sys/firmware/efi/efivars/SecureBoot-"
		 "8be4df61-93ca-11d2-aa0d-00e098032b8c",
		 on, sizeof(on));
	expect("way to boot", VERDICT_MISSING, "Secure Boot");
	tree_text("/proc/meminfo", "MemTotal:  100000 kB\n");
	expect("memory", VERDICT_MISSING, "less than");
	tree_text("/sys/devices/system/cpu/present", "0\n");
	expect("CPUs", VERDICT_MISSING, "one CPU");
	cpu.ext1.edx = 0;
	expect("64-bit mode", VERDICT_MISSING, "");
	expect("1 GiB pages", VERDICT_MISSING, "");
	assert_int_equal(failed(), 3);
}

/* The command on this machine, whatever it is. */
static void test_command(void **state)
{
	char *out;

	(void)state;
	out = fake_run("hv check");
	assert_non_null(strstr(out, "nested paging"));
	assert_true(fake_status == STATUS_DONE || fake_status == STATUS_FAILED);
	assert_int_equal(fake_status == STATUS_DONE,
			 strstr(out, "\nHolm runs on this machine.\n") != NULL);
	free(out);
	out = fake_run("hv check --json");
	assert_int_equal(fake_status == STATUS_DONE,
			 strstr(out, "\"runs\":true") != NULL);
	free(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_amd, setup, tree_remove),
		cmocka_unit_test_setup_teardown(test_intel, setup, tree_remove),
		cmocka_unit_test_setup_teardown(test_intel_old, setup,
						tree_remove),
		cmocka_unit_test_setup_teardown(test_unknown, setup,
						tree_remove),
		cmocka_unit_test_setup_teardown(test_others, setup,
						tree_remove),
		cmocka_unit_test_setup(test_command, fake_setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
