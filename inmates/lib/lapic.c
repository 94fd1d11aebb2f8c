/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/lapic.h"

#include "lib/cmdline.h"
#include "lib/cpu.h"
#include "lib/vectors.h"

#define LAPIC_PAGE    0xfee00000U
#define BASE_ENABLE   BIT64(11)
#define BASE_EXTD     BIT64(10)
#define SVR_ENABLE    BIT32(8)
#define CPUID1_X2APIC BIT32(21)
#define ICR_SELF      (1U << 18)

static bool x2apic;

bool lapic_is_x2apic(void)
{
	return x2apic;
}

static u32 msr_of(u32 reg)
{
	return MSR_X2APIC_BASE + (reg >> 4);
}

u32 lapic_read(u32 reg)
{
	return x2apic ? (u32)x86_rdmsr(msr_of(reg)) : read32(LAPIC_PAGE + reg);
}

void lapic_write(u32 reg, u32 v)
{
	if (x2apic)
		x86_wrmsr(msr_of(reg), v);
	else
		write32(LAPIC_PAGE + reg, v);
}

bool lapic_init(void)
{
	const u64 base = x86_rdmsr(MSR_APIC_BASE) | BASE_ENABLE;

	x86_wrmsr(MSR_APIC_BASE, base);
	x2apic = !cmdline_has("xapic") && (x86_cpuid(1, 0).ecx & CPUID1_X2APIC);
	if (x2apic)
		x86_wrmsr(MSR_APIC_BASE, base | BASE_EXTD);
	lapic_write(LAPIC_SVR, SVR_ENABLE | VECTOR_SPURIOUS);
	lapic_write(LAPIC_TPR, 0);
	return x2apic;
}

u32 lapic_id(void)
{
	u32 id = lapic_read(LAPIC_ID);

	return x2apic ? id : id >> 24;
}

void lapic_eoi(void)
{
	lapic_write(LAPIC_EOI, 0);
}

void lapic_icr(u32 dest, u32 low)
{
	if (x2apic) {
		x86_wrmsr(msr_of(LAPIC_ICR), (u64)dest << 32 | low);
		return;
	}
	write32(LAPIC_PAGE + LAPIC_ICR_HIGH, dest << 24);
	write32(LAPIC_PAGE + LAPIC_ICR, low);
}

void lapic_self(u32 vector)
{
	if (x2apic)
		lapic_write(LAPIC_SELF_IPI, vector);
	else
		lapic_write(LAPIC_ICR, ICR_SELF | ICR_ASSERT | vector);
}
