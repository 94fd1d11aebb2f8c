/* SPDX-License-Identifier: BSD-2-Clause */
/* CPUID and MSRs as a User VM sees them. */
#include "kit/apic.h"
#include "kit/host.h"
#include "kit/test.h"
#include "kit/trap.h"

#define LEAF_HV_MAX    0x40000010
#define ECX_X2APIC     BIT32(21)
#define ECX_DEADLINE   BIT32(24)
#define ECX_HYPERVISOR BIT32(31)
#define ECX_MONITOR    BIT32(3)
#define ECX_OSXSAVE    BIT32(27)
#define EDX_APIC       BIT32(9)
#define MSR_DEADLINE   0x6e0

static void unprivileged(void)
{
	check_eq(x86_cpuid(0x40000000, 0).eax, LEAF_HV_MAX, "highest leaf");
	check_eq(x86_cpuid(0x40000001, 0).eax & 1, 0, "privileged");
	check(x86_cpuid(LEAF_HV_MAX, 0).eax > 10000, "TSC frequency");
}

static void feature_leaves(void)
{
	struct cpuid_out one = x86_cpuid(1, 0);

	check(one.ecx & ECX_HYPERVISOR, "no hypervisor bit");
	check(one.ecx & ECX_X2APIC, "no x2APIC");
	check(one.ecx & ECX_DEADLINE, "no TSC deadline");
	check(!(one.ecx & ECX_MONITOR), "MONITOR is shown");
	check(!(one.ecx & BIT32(5)), "VMX is shown");
	check(!(x86_cpuid(0x80000001, 0).ecx & BIT32(2)), "SVM is shown");
	check(one.edx & EDX_APIC, "no local APIC");
	check_eq(one.ebx >> 24, x86_inl(HOST_LAPIC_ID), "own LAPIC id");
	check(x86_cpuid(0, 0).eax <= 0xd, "highest leaf");
}

static void topology(void)
{
	struct cpuid_out b = x86_cpuid(0xb, 1);

	check_eq(b.ebx & 0xffff, x86_inl(HOST_NVCPUS), "vCPUs");
	check_eq(b.edx, x86_inl(HOST_LAPIC_ID), "x2APIC id");
	check_eq(x86_cpuid(0x80000008, 0).ecx & 0xff, x86_inl(HOST_NVCPUS) - 1,
		 "cores");
}

static void osxsave_follows(void)
{
	u64 cr4 = x86_read_cr4();

	check(!(x86_cpuid(1, 0).ecx & ECX_OSXSAVE), "set before");
	x86_write_cr4(cr4 | CR4_OSXSAVE);
	check(x86_cpuid(1, 0).ecx & ECX_OSXSAVE, "not set after");
	x86_write_cr4(cr4);
}

static void empty_leaves(void)
{
	static const u32 leaves[] = { 0x3,        0x5,        0xa,
				      0xf,        0x10,       0x12,
				      0x14,       0x8000000a, 0x8000001f,
				      0x8fffffff, 0xc0000000, 0xffffffff };

	for (u32 i = 0; i < ARRAY_SIZE(leaves); i++) {
		struct cpuid_out r = x86_cpuid(leaves[i], 0);

		check_eq(r.eax | r.ebx | r.ecx | r.edx, 0, "leaf %x",
			 leaves[i]);
	}
}

static void unknown_msrs_fault(void)
{
	static const u32 msrs[] = { 0x3,        0x34f,      0x480,
				    0x560,      0x9b,       0xce0,
				    0x2000,     0x40000000, 0xc0000104,
				    0xc0010111, 0xc0010115, 0xc0010117,
				    0xc0010230, 0xc0010200, 0xdeadbeef,
				    0xffffffff };
	u64 val;

	for (u32 i = 0; i < ARRAY_SIZE(msrs); i++) {
		check_eq(try_rdmsr(msrs[i], &val), VEC_GP, "read of %x",
			 msrs[i]);
		check_eq(try_wrmsr(msrs[i], 0), VEC_GP, "write of %x", msrs[i]);
	}
}

/* Each MSR either works or faults; after any of it the VM lives. */
static void all_low_msrs(void)
{
	u32 readable = 0;
	u64 val;

	for (u32 msr = 0; msr < 0x900; msr++)
		readable += try_rdmsr(msr, &val) == NO_FAULT;
	for (u32 msr = 0xc0000080; msr < 0xc0000110; msr++)
		readable += try_rdmsr(msr, &val) == NO_FAULT;
	check(readable > 40 && readable < 200, "%u MSRs are readable",
	      readable);
}

static void efer(void)
{
	u64 old = x86_rdmsr(MSR_EFER);

	check_eq(try_wrmsr(MSR_EFER, old | EFER_SVME), VEC_GP, "SVME");
	check_eq(try_wrmsr(MSR_EFER, old | BIT64(40)), VEC_GP, "bit 40");
	check_eq(try_wrmsr(MSR_EFER, old | EFER_SCE), NO_FAULT, "SCE");
	check_eq(x86_rdmsr(MSR_EFER), (old | EFER_SCE), "EFER");
}

static void kept_msrs(void)
{
	static const u32 msrs[] = { 0xc0000081, 0xc0000082, 0xc0000083,
				    0xc0000102, 0x174,      0x175,
				    0x176 };
	u64 val;

	for (u32 i = 0; i < ARRAY_SIZE(msrs); i++) {
		check_eq(try_wrmsr(msrs[i], 0x1000 + i), NO_FAULT,
			 "write of %x", msrs[i]);
		check_eq(try_rdmsr(msrs[i], &val), NO_FAULT, "read of %x",
			 msrs[i]);
		check_eq(val, 0x1000 + i, "MSR %x", msrs[i]);
	}
}

static void mtrrs_are_only_kept(void)
{
	u64 val;

	check_eq(try_rdmsr(0xfe, &val), NO_FAULT, "MTRRcap");
	check_eq((val & 0xff), 8, "variable MTRRs");
	check_eq(try_wrmsr(0x20f, 0xfff000800), NO_FAULT, "the last mask");
	check_eq(x86_rdmsr(0x20f), 0xfff000800, "its value");
	check_eq(try_rdmsr(0x210, &val), VEC_GP, "one too many");
}

static void tsc_and_adjust(void)
{
	u64 before = x86_rdtsc();

	check_eq(try_wrmsr(MSR_TSC, before + (1UL << 42)), NO_FAULT, "set");
	check(x86_rdtsc() - before >= 1UL << 42, "it did not move");
	check_eq(try_wrmsr(0x3b, 0), NO_FAULT, "TSC_ADJUST");
	check(x86_rdtsc() - before < 1UL << 42, "it did not move back");
	check((s64)(x86_rdmsr(MSR_TSC) - before) > 0, "RDMSR of the TSC");
}

static void privileged_instructions(void *arg)
{
	switch (*(u32 *)arg) {
	case 0:
		__asm__ volatile("vmrun" : : "a"(0x1000));
		return;
	case 1:
		__asm__ volatile("vmload" : : "a"(0x1000));
		return;
	case 2:
		__asm__ volatile("vmsave" : : "a"(0x1000));
		return;
	case 3:
		__asm__ volatile("clgi");
		return;
	case 4:
		__asm__ volatile("stgi");
		return;
	case 5:
		__asm__ volatile("skinit" : : "a"(0x10000));
		return;
	case 6:
		__asm__ volatile("monitor" : : "a"(arg), "c"(0), "d"(0));
		return;
	case 7:
		__asm__ volatile("mwait" : : "a"(0), "c"(0));
		return;
	default:
		__asm__ volatile("vmcall");
		return;
	}
}

static void no_virtualisation_inside(void)
{
	for (u32 i = 0; i < 9; i++)
		check_eq(probe(privileged_instructions, &i), VEC_UD,
			 "instruction %u", i);
}

static void harmless_instructions(void *arg)
{
	(void)arg;
	__asm__ volatile("wbinvd; invd; clts" : : : "memory");
	__asm__ volatile("mov %%dr7, %%rax; mov %%rax, %%dr7" : : : "rax");
	x86_write_cr0(x86_read_cr0() | CR0_WP);
	x86_write_cr3(x86_read_cr3());
	x86_invlpg(arg);
}

static void privileged_that_works(void)
{
	check_eq(probe(harmless_instructions, &efer), NO_FAULT, "some");
}

static void single_step_and_breakpoint(void *arg)
{
	(void)arg;
	__asm__ volatile("pushfq; orl $0x100, (%%rsp); popfq; nop; nop"
			 :
			 :
			 : "memory", "cc");
}

static void exceptions_arrive(void)
{
	check_eq(probe(single_step_and_breakpoint, NULL), VEC_DB, "#DB");
}

static void deadline_msr(void)
{
	check_eq(try_wrmsr(MSR_DEADLINE, 5), NO_FAULT, "not in that mode");
	check_eq(x86_rdmsr(MSR_DEADLINE), 0, "stays 0");
}

/* clang-format off */
const struct test tests[] = {
	{ "unprivileged", unprivileged },
	{ "feature_leaves", feature_leaves },
	{ "topology", topology },
	{ "osxsave_follows", osxsave_follows },
	{ "empty_leaves", empty_leaves },
	{ "unknown_msrs_fault", unknown_msrs_fault },
	{ "all_low_msrs", all_low_msrs },
	{ "efer", efer },
	{ "kept_msrs", kept_msrs },
	{ "mtrrs_are_only_kept", mtrrs_are_only_kept },
	{ "tsc_and_adjust", tsc_and_adjust },
	{ "no_virtualisation_inside", no_virtualisation_inside },
	{ "privileged_that_works", privileged_that_works },
	{ "exceptions_arrive", exceptions_arrive },
	{ "deadline_msr", deadline_msr },
	{ NULL, NULL },
};
/* clang-format on */
