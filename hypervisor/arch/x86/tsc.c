/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/x86/tsc.h"

#include "arch/x86/asm.h"

#define PM_TIMER_HZ    3579545ULL
#define PM_TIMER_MASK  0xffffffU
#define PIT_HZ         1193182ULL
#define PIT_CHANNEL2   0x42
#define PIT_COMMAND    0x43
#define PIT_GATE       0x61
#define WINDOW_DIVIDER 20 /* 50 ms */

static u64 against_pm_timer(u16 port)
{
	u32 target = (u32)(PM_TIMER_HZ / WINDOW_DIVIDER);
	u32 start, now;
	u64 tsc;

	/* Start on an edge, so that reading costs no part of a tick. */
	start = x86_inl(port) & PM_TIMER_MASK;
	while ((now = x86_inl(port) & PM_TIMER_MASK) == start)
		;
	start = now;
	tsc = x86_rdtsc();
	do {
		now = (x86_inl(port) - start) & PM_TIMER_MASK;
	} while (now < target);
	tsc = x86_rdtsc() - tsc;
	return tsc * PM_TIMER_HZ / now / 1000;
}

static u64 against_pit(void)
{
	u16 count = (u16)(PIT_HZ / WINDOW_DIVIDER);
	u64 tsc;

	x86_outb(PIT_GATE, (u8)((x86_inb(PIT_GATE) & ~2) | 1));
	x86_outb(PIT_COMMAND, 0xb0); /* channel 2, mode 0, both bytes */
	x86_outb(PIT_CHANNEL2, (u8)count);
	x86_outb(PIT_CHANNEL2, (u8)(count >> 8));
	tsc = x86_rdtsc();
	while (!(x86_inb(PIT_GATE) & 0x20))
		;
	tsc = x86_rdtsc() - tsc;
	return tsc * PIT_HZ / count / 1000;
}

u64 tsc_calibrate(u16 pm_timer_port)
{
	return pm_timer_port ? against_pm_timer(pm_timer_port) : against_pit();
}
