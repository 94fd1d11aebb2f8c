/* SPDX-License-Identifier: BSD-2-Clause */
/* Which model-specific registers the Service VM has. */
#include "kit/apic.h"
#include "kit/test.h"
#include "kit/trap.h"

#define MSR_SMM_MONITOR     0x9b
#define MSR_MICROCODE       0x79
#define MSR_FEATURE_CONTROL 0x3a
#define MSR_MISC_ENABLE     0x1a0
#define MSR_MTRR_CAP        0xfe
#define MSR_MTRR_DEF_TYPE   0x2ff
#define MSR_LSTAR           0xc0000082
#define MSR_KERNEL_GS       0xc0000102
#define MSR_VM_CR           0xc0010114
#define MSR_VM_HSAVE        0xc0010117
#define MSR_SMM_BASE        0xc0010111

static void forbidden(u32 msr, bool read, bool write)
{
	u64 val;

	if (read)
		check_eq(try_rdmsr(msr, &val), VEC_GP, "read of %x", msr);
	if (write)
		check_eq(try_wrmsr(msr, 0), VEC_GP, "write of %x", msr);
}

static void virtualisation_is_closed(void)
{
	u64 val;

	forbidden(MSR_VM_HSAVE, true, true);
	forbidden(MSR_VM_CR, false, true);
	check_eq(try_rdmsr(MSR_VM_CR, &val), NO_FAULT, "read of VM_CR");
	check_eq(val, 0x18, "VM_CR: disabled and locked");
	check_eq(try_rdmsr(MSR_FEATURE_CONTROL, &val), NO_FAULT, "3a");
	check_eq(val, 1, "FEATURE_CONTROL: locked, nothing on");
	for (u32 msr = 0x480; msr <= 0x493; msr++)
		forbidden(msr, true, true);
}

static void below_us_is_closed(void)
{
	forbidden(MSR_SMM_MONITOR, true, true);
	forbidden(MSR_SMM_BASE, true, true);
	forbidden(MSR_MICROCODE, true, false);
	check_eq(try_wrmsr(MSR_MICROCODE, 0), NO_FAULT,
		 "microcode write, which is dropped");
}

static void unknown_faults(void)
{
	static const u32 some[] = { 0x5,        0x11f,      0x7ff,
				    0x1000,     0x1fff,     0x2000,
				    0x3fffffff, 0x40000000, 0x40000073,
				    0x4b564d00, 0xbfffffff, 0xc0000000,
				    0xc0001fff, 0xc00fffff, 0xc0012000,
				    0xffffffff };

	for (u32 i = 0; i < ARRAY_SIZE(some); i++)
		forbidden(some[i], true, true);
}

static void efer_keeps_svm_out(void)
{
	u64 efer = x86_rdmsr(MSR_EFER);

	check(!(efer & EFER_SVME), "SVME is shown: %lx", efer);
	check_eq(try_wrmsr(MSR_EFER, efer | EFER_SVME), VEC_GP, "SVME");
	check_eq(try_wrmsr(MSR_EFER, efer | BIT64(63)), VEC_GP, "bit 63");
	check_eq(try_wrmsr(MSR_EFER, efer & ~EFER_LME), VEC_GP,
		 "LME off under paging");
	check_eq(x86_rdmsr(MSR_EFER), efer, "EFER after all that");
	check_eq(try_wrmsr(MSR_EFER, efer | EFER_SCE), NO_FAULT, "SCE");
	check(x86_rdmsr(MSR_EFER) & EFER_SCE, "SCE did not stick");
	x86_wrmsr(MSR_EFER, efer);
}

static void kept(u32 msr, u64 val)
{
	u64 old = x86_rdmsr(msr);

	check_eq(try_wrmsr(msr, val), NO_FAULT, "write of %x", msr);
	check_eq(x86_rdmsr(msr), val, "MSR %x", msr);
	x86_wrmsr(msr, old);
}

static void own_registers_are_kept(void)
{
	kept(MSR_LSTAR, 0xffffffff81234567);
	kept(MSR_KERNEL_GS, 0x123456789abc);
	kept(MSR_FS_BASE, 0x7000);
	kept(MSR_PAT, 0x0007010600070106);
	kept(0x174, 0x10);
	kept(0x175, 0xffff800000001000);
	kept(0x176, 0xffff800000002000);
}

static void pat_refuses_reserved_types(void)
{
	check_eq(try_wrmsr(MSR_PAT, 0x0007040600070402), VEC_GP, "type 2");
	check_eq(try_wrmsr(MSR_PAT, 0x0307040600070406), VEC_GP, "type 3");
	check_eq(try_wrmsr(MSR_PAT, 0x0007040600080406), VEC_GP, "type 8");
}

static void mtrrs_are_kept(void)
{
	u64 def = x86_rdmsr(MSR_MTRR_DEF_TYPE);

	check(x86_rdmsr(MSR_MTRR_CAP) & 0xff, "no variable MTRRs");
	kept(0x250, 0x0606060606060606);
	check_eq(try_wrmsr(0x250, 0x0206060606060606), VEC_GP, "type 2");
	check_eq(try_wrmsr(MSR_MTRR_DEF_TYPE, def | 0x100), VEC_GP,
		 "reserved bit 8");
	check_eq(try_wrmsr(MSR_MTRR_CAP, 0), VEC_GP, "MTRRcap is read-only");
	kept(0x200, 0x80000000);
}

static void apic_base_stays_where_it_is(void)
{
	u64 base = x86_rdmsr(MSR_APIC_BASE);

	check(base & APIC_BASE_BSP, "not the boot CPU: %lx", base);
	check_eq((base & ~0xfffUL), LAPIC_BASE, "base");
	check_eq(try_wrmsr(MSR_APIC_BASE, base + PAGE_SIZE), VEC_GP, "move");
	check_eq(try_wrmsr(MSR_APIC_BASE, base ^ APIC_BASE_BSP), VEC_GP,
		 "boot CPU flag");
	check_eq(try_wrmsr(MSR_APIC_BASE, base & ~APIC_BASE_ENABLE), NO_FAULT,
		 "off");
	check_eq(try_wrmsr(MSR_APIC_BASE, base), NO_FAULT, "on again");
	apic_enable(false);
	check_eq(try_wrmsr(MSR_APIC_BASE,
			   (base & ~APIC_BASE_ENABLE) | APIC_BASE_EXTD),
		 VEC_GP, "x2APIC without xAPIC");
}

/*
 * The Service VM's own: turbo, bit 38. The rest stays as firmware left it.
 * turbo=0: this machine keeps nothing that is written there.
 */
static void misc_enable_is_filtered(void)
{
	u64 old = x86_rdmsr(MSR_MISC_ENABLE);

	if (option("turbo") && *option("turbo") == '0')
		return;
	check_eq(try_wrmsr(MSR_MISC_ENABLE, old ^ BIT64(38) ^ BIT64(0)),
		 NO_FAULT, "write");
	check_eq(x86_rdmsr(MSR_MISC_ENABLE), (old ^ BIT64(38)), "MISC_ENABLE");
	x86_wrmsr(MSR_MISC_ENABLE, old);
}

/* RDMSR of the TSC and RDTSC are one clock. */
static void tsc_offset_moves(void)
{
	u64 before = x86_rdtsc();
	u64 after;

	check_eq(try_wrmsr(MSR_TSC, before + (1ULL << 40)), NO_FAULT, "set");
	after = x86_rdtsc();
	check(after - before >= 1ULL << 40 &&
		      after - before < (1ULL << 40) + 60000 * tsc_per_ms(),
	      "the TSC went from %lx to %lx", before, after);
	check_eq(try_wrmsr(0x3b, 0), NO_FAULT, "TSC_ADJUST");
}

/* clang-format off */
const struct test tests[] = {
	{ "virtualisation_is_closed", virtualisation_is_closed },
	{ "below_us_is_closed", below_us_is_closed },
	{ "unknown_faults", unknown_faults },
	{ "efer_keeps_svm_out", efer_keeps_svm_out },
	{ "own_registers_are_kept", own_registers_are_kept },
	{ "pat_refuses_reserved_types", pat_refuses_reserved_types },
	{ "mtrrs_are_kept", mtrrs_are_kept },
	{ "apic_base_stays_where_it_is", apic_base_stays_where_it_is },
	{ "misc_enable_is_filtered", misc_enable_is_filtered },
	{ "tsc_offset_moves", tsc_offset_moves },
	{ NULL, NULL },
};
/* clang-format on */
