/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A Service VM that uses badly what is its own: MSRs, its local APIC, debug
 * and control registers. After each of it User VMs must come and go.
 */
#include "kit/apic.h"
#include "kit/blobs.h"
#include "kit/ioapic.h"
#include "kit/smp.h"
#include "kit/test.h"
#include "kit/trap.h"

#define RAM    MIB(4)
#define ROUNDS 3000

static u64 seed = 362436069362436069;

static u64 rnd(u64 below)
{
	return random_next(&seed) % below;
}

static u64 random_value(void)
{
	switch (rnd(3)) {
	case 0:
		return BIT64(rnd(64));
	case 1:
		return ~0UL >> rnd(64);
	default:
		return random_next(&seed);
	}
}

/* A User VM's whole life, without a word of an upcall. */
static void life_goes_on(const char *after)
{
	u64 used = hc_info().pool_used;
	struct acrn_abi_vcpu_regs regs;
	struct dm_vm vm;

	ram_free_all();
	if (!dm_take_cpus(1) || !dm_make(&vm, 1, RAM))
		return;
	regs = dm_regs_long(&vm, 0, BLOB_AT);
	blob_load(&vm, request);
	check_eq(dm_set_regs(&vm, &regs), 0, "registers");
	check_eq(dm_call(HC_START_VM, &vm), 0, "start");
	for (u32 i = 0; i < 3; i++) {
		if (!check(dm_wait_request(&vm, 0), "%s: request %u", after, i))
			break;
		check_eq(dm_call(HC_PAUSE_VM, &vm), 0, "pause");
		dm_serve_pending(&vm);
		check_eq(dm_call(HC_START_VM, &vm), 0, "resume");
	}
	check_eq(dm_call(HC_DESTROY_VM, &vm), 0, "destroy");
	check_eq(hc_info().pool_used, used, "%s: pages in use", after);
}

/* What this program itself stands on. */
static bool is_vital(u32 msr)
{
	static const u32 vital[] = { MSR_APIC_BASE, MSR_EFER, MSR_FS_BASE,
				     MSR_GS_BASE };

	for (u32 i = 0; i < ARRAY_SIZE(vital); i++)
		if (msr == vital[i])
			return true;
	return msr >= 0x800 && msr < 0x900;
}

static void random_msrs(void)
{
	static const u32 base[] = {
		0,          0x20,       0x80,       0xc0,       0x100,
		0x170,      0x180,      0x190,      0x1a0,      0x1d0,
		0x200,      0x250,      0x270,      0x300,      0x380,
		0x400,      0x480,      0x6e0,      0x770,      0xc0000080,
		0xc0000100, 0xc0010000, 0xc0010060, 0xc0010110, 0xc0010200,
		0xc0011020, 0xc0002000
	};
	u32 faults = 0;
	u64 val;

	for (u32 i = 0; i < ROUNDS; i++) {
		u32 msr = base[rnd(ARRAY_SIZE(base))] + (u32)rnd(32);

		faults += try_rdmsr(msr, &val) != NO_FAULT;
		if (!is_vital(msr))
			faults += try_wrmsr(msr, random_value()) != NO_FAULT;
	}
	check(faults > 0, "nothing was refused");
	x86_wrmsr(MSR_PAT, 0x0007040600070406);
	life_goes_on("after random MSRs");
}

static void debug_registers(void)
{
	u64 at = hc_info().hv_base;

	__asm__ volatile("mov %0, %%dr0; mov %1, %%dr1; mov %2, %%dr2"
			 :
			 : "r"(at), "r"(0xfffffe8000000000),
			   "r"(0xfffffe8000010000));
	__asm__ volatile("mov %0, %%dr7" : : "r"(0x00ff07ffUL & ~0x2000UL));
	life_goes_on("with breakpoints on Holm");
	__asm__ volatile("mov %0, %%dr7" : : "r"(0x400UL));
}

static void single_step_a_call(void *arg)
{
	(void)arg;
	__asm__ volatile("pushfq; orl $0x100, (%%rsp); popfq\n\t"
			 "mov $0x80000000, %%r8d; xor %%edi, %%edi; vmmcall"
			 :
			 :
			 : "r8", "rdi", "rax", "memory", "cc");
}

static void single_step(void)
{
	check_eq(probe(single_step_a_call, NULL), VEC_DB, "#DB");
	life_goes_on("after a single step");
}

static void local_apic_off(void)
{
	u64 base = x86_rdmsr(MSR_APIC_BASE);

	apic_write(LAPIC_SVR, VEC_SPURIOUS);
	life_goes_on("with the LAPIC disabled by software");
	if (apic_may_switch()) {
		try_wrmsr(MSR_APIC_BASE, base & ~APIC_BASE_ENABLE);
		life_goes_on("with the LAPIC switched off");
		try_wrmsr(MSR_APIC_BASE, base);
	}
	apic_enable(false);
}

static void local_apic_modes(void)
{
	for (u32 i = 0; i < 10 && apic_may_switch(); i++) {
		apic_enable(i & 1);
		life_goes_on(i & 1 ? "in x2APIC mode" : "in xAPIC mode");
	}
	apic_enable(false);
}

static void local_apic_registers(void)
{
	irq_disable();
	for (u32 i = 0; i < ROUNDS; i++) {
		u32 reg = (u32)rnd(0x40) * 0x10;

		if (reg != LAPIC_ICR)
			apic_write(reg, (u32)random_value());
	}
	life_goes_on("with random LAPIC registers");
	apic_write(LAPIC_TIMER_INIT, 0);
	for (u32 reg = LAPIC_LVT_TIMER; reg <= LAPIC_LVT_ERROR; reg += 0x10)
		apic_write(reg, LVT_MASKED);
	apic_enable(false);
	/* What was asked for meanwhile, of any vector, is let through. */
	apic_write(LAPIC_TPR, 0);
	apic_eoi();
}

/*
 * The LAPIC's reserved registers, and the megabyte behind it: on a chipset
 * these are where MSIs are written to, INIT and NMI among them.
 */
static void msi_windows(void)
{
	static const u32 data[] = { 0x41, ICR_NMI, ICR_INIT, ICR_SMI,
				    ICR_STARTUP | 8 };
	static const u64 base[] = { APIC_PAGE + PAGE_SIZE, APIC_PAGE + 0xff000,
				    APIC_PAGE };
	u32 id = hc_cpu(1).lapic_id;
	u32 vector = kcpu_irqs(kcpu_get(0), 0x41);
	u32 nmis = kcpu_irqs(kcpu_get(0), VEC_NMI);
	u32 runs;

	apic_enable(false);
	irq_enable();
	dm_return_cpus();
	check(smp_start(1, id), "CPU 1");
	runs = smp_trampoline_runs();
	for (u32 i = 0; i < ARRAY_SIZE(data); i++)
		for (u32 k = 0; k < ARRAY_SIZE(base); k++)
			*(volatile u32 *)(uintptr_t)base[k] = data[i];
	delay_us(20000);
	check_eq(kcpu_irqs(kcpu_get(0), 0x41), vector, "interrupts");
	check_eq(kcpu_irqs(kcpu_get(0), VEC_NMI), nmis, "NMIs");
	check_eq(smp_trampoline_runs(), runs, "starts");
	smp_call(1, (void (*)(void *))(uintptr_t)apic_eoi, NULL);
	check(smp_join(1), "CPU 1 is gone");
	irq_disable();
	check(smp_offline(1), "offline");
	life_goes_on("after MSIs by hand");
}

static void ioapic_registers(void)
{
	for (u32 i = 0; i < ROUNDS; i++)
		ioapic_write((u32)rnd(0x40), (u32)random_value() | RTE_MASKED);
	life_goes_on("with random I/O APIC registers");
	for (u32 pin = 0; pin < 24; pin++)
		ioapic_set(pin, RTE_MASKED, 0);
}

static void control_registers(void)
{
	u64 cr0 = x86_read_cr0(), cr4 = x86_read_cr4();

	x86_write_cr0(cr0 | CR0_WP | CR0_AM | CR0_TS | CR0_CD);
	x86_write_cr4(cr4 | CR4_OSXSAVE | CR4_PGE | CR4_OSFXSR);
	__asm__ volatile("xsetbv" : : "c"(0), "a"(7), "d"(0));
	life_goes_on("with other control registers");
	__asm__ volatile("xsetbv" : : "c"(0), "a"(1), "d"(0));
	life_goes_on("with another XCR0");
	x86_write_cr0(cr0);
	x86_write_cr4(cr4);
}

static void bad_xsetbv(void *arg)
{
	u32 low = *(u32 *)arg;

	__asm__ volatile("xsetbv" : : "c"(0), "a"(low), "d"(0));
}

static void xsetbv_refused(void)
{
	u64 cr4 = x86_read_cr4();
	u32 bad[] = { 0, 2, 4, 0xffffffff };

	x86_write_cr4(cr4 | CR4_OSXSAVE);
	for (u32 i = 0; i < ARRAY_SIZE(bad); i++)
		check_eq(probe(bad_xsetbv, &bad[i]), VEC_GP, "XCR0 %x", bad[i]);
	x86_write_cr4(cr4);
	life_goes_on("after refused XSETBV");
}

static void virtualisation(void *arg)
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
	default:
		__asm__ volatile(".byte 0x0f, 0x01, 0xdf" : : "a"(0), "c"(0));
	}
}

static void no_virtualisation(void)
{
	for (u32 i = 0; i < 7; i++)
		check_eq(probe(virtualisation, &i), VEC_UD, "instruction %u",
			 i);
	life_goes_on("after all that");
}

/* clang-format off */
const struct test tests[] = {
	{ "random_msrs", random_msrs },
	{ "debug_registers", debug_registers },
	{ "single_step", single_step },
	{ "local_apic_off", local_apic_off },
	{ "local_apic_modes", local_apic_modes },
	{ "msi_windows", msi_windows },
	{ "ioapic_registers", ioapic_registers },
	{ "control_registers", control_registers },
	{ "xsetbv_refused", xsetbv_refused },
	{ "no_virtualisation", no_virtualisation },
	{ "local_apic_registers", local_apic_registers },
	{ NULL, NULL },
};
/* clang-format on */
