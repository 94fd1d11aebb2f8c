/* SPDX-License-Identifier: BSD-2-Clause */
/* What CPUID tells the Service VM. */
#include "kit/hc.h"
#include "kit/test.h"
#include "lib/string.h"

#define LEAF_HV        0x40000000
#define LEAF_HV_TSC    0x40000010
#define LEAF_EXT1      0x80000001
#define LEAF_SVM       0x8000000a
#define ECX_VMX        BIT32(5)
#define ECX_XSAVE      BIT32(26)
#define ECX_OSXSAVE    BIT32(27)
#define ECX_HYPERVISOR BIT32(31)
#define EXT_ECX_SVM    BIT32(2)

static void names_itself(void)
{
	struct cpuid_out r = x86_cpuid(LEAF_HV, 0);
	char name[13] = "";

	memcpy(name, &r.ebx, 4);
	memcpy(name + 4, &r.ecx, 4);
	memcpy(name + 8, &r.edx, 4);
	check(!strcmp(name, "ACRNACRNACRN"), "it is called '%s'", name);
	check_eq(r.eax, LEAF_HV_TSC, "highest leaf");
	check(x86_cpuid(1, 0).ecx & ECX_HYPERVISOR, "no hypervisor bit");
}

static void tells_tsc_frequency(void)
{
	struct holm_info info = hc_info();

	check_eq(x86_cpuid(LEAF_HV_TSC, 0).eax, info.tsc_khz, "kHz");
	/* Bochs' clock is the slowest there is: 50 MHz. */
	check(info.tsc_khz > 10000, "%lu kHz is no CPU of today", info.tsc_khz);
}

/* Bochs' newer models claim GHz and run at 50 MHz. */
static void claims_no_other_frequency(void)
{
	struct cpuid_out r = x86_cpuid(0x15, 0);
	u64 khz = x86_cpuid(LEAF_HV_TSC, 0).eax;
	u64 claimed = x86_cpuid(0x16, 0).eax * 1000UL;

	if (x86_cpuid(0, 0).eax < 0x16)
		return;
	if (r.eax && r.ecx)
		claimed = (u64)r.ecx * r.ebx / r.eax / 1000;
	check(!claimed || (claimed > khz * 9 / 10 && claimed < khz * 11 / 10),
	      "%lu kHz, it is %lu", claimed, khz);
}

static void service_is_privileged(void)
{
	check(x86_cpuid(LEAF_HV + 1, 0).eax & 1, "not privileged");
}

static void hides_virtualisation(void)
{
	struct cpuid_out svm = x86_cpuid(LEAF_SVM, 0);

	check(!(x86_cpuid(LEAF_EXT1, 0).ecx & EXT_ECX_SVM), "SVM is shown");
	check(!(x86_cpuid(1, 0).ecx & ECX_VMX), "VMX is shown");
	check_eq(svm.eax | svm.ebx | svm.ecx | svm.edx, 0, "leaf 8000000a");
}

static void unused_leaves_are_empty(void)
{
	for (u32 leaf = LEAF_HV + 2; leaf < LEAF_HV + 0x200; leaf++) {
		struct cpuid_out r = x86_cpuid(leaf, 0);

		if (leaf == LEAF_HV_TSC)
			continue;
		check_eq(r.eax | r.ebx | r.ecx | r.edx, 0, "leaf %x", leaf);
	}
}

static void osxsave_follows_cr4(void)
{
	u64 cr4 = x86_read_cr4();

	if (!(x86_cpuid(1, 0).ecx & ECX_XSAVE)) {
		check(false, "the machine has no XSAVE to test with");
		return;
	}
	check(!(x86_cpuid(1, 0).ecx & ECX_OSXSAVE), "set before CR4 is");
	x86_write_cr4(cr4 | CR4_OSXSAVE);
	check(x86_cpuid(1, 0).ecx & ECX_OSXSAVE, "not set after CR4 was");
	x86_write_cr4(cr4);
	check(!(x86_cpuid(1, 0).ecx & ECX_OSXSAVE), "still set");
}

/* The upper halves must be zero, whatever they held. */
static void clears_upper_halves(void)
{
	u64 a = ~0xffffffffULL, b = ~0ULL, c = ~0xffffffffULL, d = ~0ULL;

	__asm__ volatile("cpuid" : "+a"(a), "+b"(b), "+c"(c), "+d"(d));
	check_eq(((a | b | c | d) >> 32), 0, "upper halves");
}

/* Whatever length the instruction has: prefixes change nothing. */
static void skips_prefixes(void)
{
	u32 eax = 0, ecx = 0, plain = x86_cpuid(0, 0).eax, after = 0;

	__asm__ volatile(".byte 0x66, 0x2e, 0xf2, 0x40, 0x0f, 0xa2\n\t"
			 "movl $77, %2"
			 : "+a"(eax), "+c"(ecx), "=&r"(after)
			 :
			 : "rbx", "rdx");
	check_eq(eax, plain, "leaf 0 with prefixes");
	check_eq(after, 77, "the next instruction");
}

static void xsave_leaf_follows_xcr0(void)
{
	u64 cr4 = x86_read_cr4();
	u32 all = x86_cpuid(0xd, 0).ecx;

	x86_write_cr4(cr4 | CR4_OSXSAVE);
	__asm__ volatile("xsetbv" : : "c"(0), "a"(1), "d"(0));
	check_eq(x86_cpuid(0xd, 0).ebx, 576, "size with x87 alone");
	__asm__ volatile("xsetbv" : : "c"(0), "a"(7), "d"(0));
	check(x86_cpuid(0xd, 0).ebx > 576, "no larger with AVX");
	check(x86_cpuid(0xd, 0).ebx <= all, "larger than the largest");
	__asm__ volatile("xsetbv" : : "c"(0), "a"(1), "d"(0));
	x86_write_cr4(cr4);
}

/* clang-format off */
const struct test tests[] = {
	{ "names_itself", names_itself },
	{ "tells_tsc_frequency", tells_tsc_frequency },
	{ "claims_no_other_frequency", claims_no_other_frequency },
	{ "service_is_privileged", service_is_privileged },
	{ "hides_virtualisation", hides_virtualisation },
	{ "unused_leaves_are_empty", unused_leaves_are_empty },
	{ "osxsave_follows_cr4", osxsave_follows_cr4 },
	{ "clears_upper_halves", clears_upper_halves },
	{ "skips_prefixes", skips_prefixes },
	{ "xsave_leaf_follows_xcr0", xsave_leaf_follows_xcr0 },
	{ NULL, NULL },
};
/* clang-format on */
