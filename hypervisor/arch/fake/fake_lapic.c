/* SPDX-License-Identifier: BSD-2-Clause */
/* APICs of books: registers that keep what is written. */
#include "arch/fake/fake.h"
#include "arch/x86/asm.h"
#include "arch/x86/ioapic.h"
#include "arch/x86/lapic.h"
#include "mem/hostmap.h"

static u32 regs[PAGE_SIZE / 16];

bool lapic_is_x2apic(void)
{
	return false;
}

bool lapic_stays_x2apic(void)
{
	return false;
}

u32 lapic_read(u32 reg)
{
	return regs[reg >> 4];
}

void lapic_write(u32 reg, u32 v)
{
	regs[reg >> 4] = v;
}

void lapic_icr(u32 dest, u32 low)
{
	regs[LAPIC_ICR_HIGH >> 4] = dest;
	regs[LAPIC_ICR >> 4] = low;
}

bool x86_wrmsr_safe(u32 msr, u64 val)
{
	(void)msr;
	(void)val;
	return false;
}

/* There is one of 24 pins, whatever address is asked for. */
volatile void *hostmap_remap(hpa_t hpa, u64 size)
{
	(void)hpa;
	(void)size;
	return fake.ioapic;
}

u32 ioapic_reg_read(volatile void *at, u32 reg)
{
	(void)at;
	if (reg == IOAPIC_VERSION)
		return (FAKE_PINS - 1) << 16 | 0x20;
	return reg < ARRAY_SIZE(fake.ioapic) ? fake.ioapic[reg] : 0;
}

void ioapic_reg_write(volatile void *at, u32 reg, u32 val)
{
	(void)at;
	if (reg < ARRAY_SIZE(fake.ioapic))
		fake.ioapic[reg] = val;
}

void ioapic_eoi(volatile void *at, u32 vector)
{
	(void)at;
	fake.ioapic_eoi = vector;
}
