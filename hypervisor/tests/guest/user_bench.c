/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an exit costs a User VM, in TSC ticks: instructions, under QEMU's
 * `-icount shift=0`. `make bench` runs it; nothing is judged here.
 */
#include "kit/apic.h"
#include "kit/host.h"
#include "kit/test.h"

#define ROUNDS           2000U
#define WARM_UP          64U
#define PM_TIMER         0x408
#define PIC_MASK         0x21
#define IOAPIC           0xfec00000UL
#define MSR_APIC_BASE_   0x1b
#define APIC_BASE_X2APIC 0xc00
#define MSR_X2APIC_EOI   0x80b
#define MSR_X2APIC_SVR   0x80f
#define SVR_ENABLED      0x1ff
#define ICR_SELF         (0x40000 | 0x55)

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

static void op_eoi(void)
{
	x86_wrmsr(MSR_X2APIC_EOI, 0);
}

static const struct {
	const char *name;
	void (*op)(void);
} operations[] = {
	{ "cpuid", op_cpuid },
	{ "port i/o in Holm (PM timer)", op_pm_timer },
	{ "port i/o in Holm (8259)", op_pic },
	{ "mmio in Holm (I/O APIC)", op_ioapic },
	{ "x2apic icr to self", op_icr_self },
	{ "x2apic eoi", op_eoi },
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

static void measure(void)
{
	u64 empty = ticks(op_nothing);

	__asm__ volatile("cli");
	x86_wrmsr(MSR_APIC_BASE_, x86_rdmsr(MSR_APIC_BASE_) | APIC_BASE_X2APIC);
	x86_wrmsr(MSR_X2APIC_SVR, SVR_ENABLED);
	for (u32 i = 0; i < ARRAY_SIZE(operations); i++) {
		u64 t = ticks(operations[i].op);

		check(t > empty, "%s took no time", operations[i].name);
		say("BENCH %s: %lu", operations[i].name, (t - empty) / ROUNDS);
	}
}

const struct test tests[] = {
	{ "bench", measure },
	{ 0 },
};
