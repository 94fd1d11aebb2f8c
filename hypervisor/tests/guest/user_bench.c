/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an exit costs a User VM, in TSC ticks: instructions, under QEMU's
 * `-icount shift=0`. `make bench` runs it; nothing is judged here.
 */
#include "kit/apic.h"
#include "kit/host.h"
#include "kit/test.h"
#include "kit/trap.h"

#define ROUNDS              2000U
#define WARM_UP             64U
#define PM_TIMER            0x408
#define PIC_MASK            0x21
#define IOAPIC              0xfec00000UL
#define MSR_APIC_BASE_      0x1b
#define APIC_BASE_X2APIC    0xc00
#define MSR_X2APIC_TPR      0x808
#define MSR_X2APIC_EOI      0x80b
#define MSR_X2APIC_SVR      0x80f
#define MSR_X2APIC_SELF_IPI 0x83f
#define SVR_ENABLED         0x1ff
#define ICR_SELF            (0x40000 | 0x55)
#define XAPIC               0xfee00000UL
#define MSR_DEADLINE        0x6e0
#define VEC_TIMER           0x61
#define SOON                20000U
#define FAR                 1000000000000UL

static void op_nothing(void)
{
	__asm__ volatile("" : : : "memory");
}

static void op_cpuid(void)
{
	x86_cpuid(0, 0);
}

static void op_pm_timer(void)
{
	(void)x86_inl(PM_TIMER);
}

static void op_pic(void)
{
	(void)x86_inb(PIC_MASK);
}

static void op_ioapic(void)
{
	(void)*(volatile u32 *)IOAPIC;
}

static void op_icr_self(void)
{
	x86_wrmsr(MSR_X2APIC_ICR, ICR_SELF);
}

static void op_self_ipi(void)
{
	x86_wrmsr(MSR_X2APIC_SELF_IPI, 0x55);
}

static void op_x2apic_tpr(void)
{
	x86_wrmsr(MSR_X2APIC_TPR, 0);
}

static void op_cr8(void)
{
	__asm__ volatile("mov %0, %%cr8" : : "r"(0UL) : "memory");
}

static void op_xapic_tpr(void)
{
	(void)*(volatile u32 *)(XAPIC + 0x80);
}

static void op_xapic_icr_self(void)
{
	*(volatile u32 *)(XAPIC + 0x300) = ICR_SELF;
}

static void op_xapic_eoi(void)
{
	*(volatile u32 *)(XAPIC + 0xb0) = 0;
}

static void op_eoi(void)
{
	x86_wrmsr(MSR_X2APIC_EOI, 0);
}

static void op_deadline(void)
{
	x86_wrmsr(MSR_DEADLINE, x86_rdtsc() + FAR);
}

struct operation {
	const char *name;
	void (*op)(void);
};

static const struct operation operations[] = {
	{ "cpuid", op_cpuid },
	{ "port i/o in Holm (PM timer)", op_pm_timer },
	{ "port i/o in Holm (8259)", op_pic },
	{ "mmio in Holm (I/O APIC)", op_ioapic },
	{ "xapic tpr read", op_xapic_tpr },
	{ "xapic icr to self", op_xapic_icr_self },
	{ "xapic eoi", op_xapic_eoi },
	{ "cr8", op_cr8 },
};

static const struct operation x2apic_operations[] = {
	{ "x2apic icr to self", op_icr_self },
	{ "x2apic self ipi", op_self_ipi },
	{ "x2apic tpr", op_x2apic_tpr },
	{ "x2apic eoi", op_eoi },
};

/* The last of them is armed, far away, while the others are measured. */
static const struct operation deadline_operations[] = {
	{ "tsc deadline", op_deadline },
	{ "cpuid, a deadline armed", op_cpuid },
};

/* Ticks of ROUNDS calls. */
static u64 ticks(void (*op)(void))
{
	u64 start;

	for (u32 i = 0; i < WARM_UP; i++)
		op();
	start = x86_rdtsc();
	for (u32 i = 0; i < ROUNDS; i++)
		op();
	return x86_rdtsc() - start;
}

static void measure_all(const struct operation *o, u32 n)
{
	u64 empty = ticks(op_nothing);

	for (; n > 0; n--, o++) {
		u64 t = ticks(o->op);

		check(t > empty, "%s took no time", o->name);
		say("BENCH %s: %lu", o->name, (t - empty) / ROUNDS);
	}
}

/* From a deadline until the guest, which computes, goes on after it. */
static void measure_lateness(void)
{
	u64 sum = 0, due;

	irq_enable();
	for (u32 i = 0; i < WARM_UP; i++) {
		u32 before = kcpu_irqs(kcpu_self(), VEC_TIMER);

		due = x86_rdtsc() + SOON;
		x86_wrmsr(MSR_DEADLINE, due);
		while (kcpu_irqs(kcpu_self(), VEC_TIMER) == before)
			;
		sum += x86_rdtsc() - due;
	}
	irq_disable();
	say("BENCH interrupt after its tsc deadline: %lu", sum / WARM_UP);
}

static void measure_deadlines(void)
{
	apic_write(LAPIC_LVT_TIMER, TIMER_DEADLINE | VEC_TIMER);
	measure_all(deadline_operations, ARRAY_SIZE(deadline_operations));
	measure_lateness();
}

static void measure(void)
{
	__asm__ volatile("cli");
	*(volatile u32 *)(XAPIC + 0xf0) = SVR_ENABLED;
	measure_all(operations, ARRAY_SIZE(operations));
	x86_wrmsr(MSR_APIC_BASE_, x86_rdmsr(MSR_APIC_BASE_) | APIC_BASE_X2APIC);
	x86_wrmsr(MSR_X2APIC_SVR, SVR_ENABLED);
	measure_all(x2apic_operations, ARRAY_SIZE(x2apic_operations));
	measure_deadlines();
}

const struct test tests[] = {
	{ "bench", measure },
	{ 0 },
};
