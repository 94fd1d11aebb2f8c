/* SPDX-License-Identifier: BSD-2-Clause */
/* The local APIC of a CPU of books: registers that keep what is written. */
#include "arch/x86/asm.h"
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

volatile void *hostmap_remap(hpa_t hpa, u64 size)
{
	(void)hpa;
	(void)size;
	return NULL;
}
