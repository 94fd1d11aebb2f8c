/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/timer.h"

#include "lib/comm.h"
#include "lib/cpu.h"
#include "lib/lapic.h"
#include "lib/trap.h"

#define CPUID1_DEADLINE BIT32(24)
#define COUNT_MAX       0xffffffffU
#define MEASURE_TSC     BIT64(23)
#define MEASURE_TIMES   5
/* Apart by so much at most, a time is worth setting: no product overflows. */
#define FAR (BIT64(32) - 1)

static bool deadline;
/* The timer's ticks in 2^32 of the TSC. */
static u64 ratio;

u64 timer_tsc_khz(void)
{
	return comm ? comm->tsc_khz : 0;
}

u64 timer_ticks(u64 us)
{
	u64 khz = timer_tsc_khz();

	return khz ? us * khz / 1000 : us * 1000;
}

/* Whatever comes between the readings makes the TSC's share bigger. */
static u64 measure_once(void)
{
	u64 from, to, count;

	lapic_write(LAPIC_TIMER_INIT, COUNT_MAX);
	from = rdtsc();
	do
		to = rdtsc() - from;
	while (to < MEASURE_TSC);
	count = COUNT_MAX - lapic_read(LAPIC_TIMER_COUNT);
	lapic_write(LAPIC_TIMER_INIT, 0);
	return (count << 32) / to;
}

static u64 measure(void)
{
	u64 best = ~(u64)0;

	lapic_write(LAPIC_LVT_TIMER, LVT_MASKED | VECTOR_TIMER);
	for (u32 i = 0; i < MEASURE_TIMES; i++)
		best = MIN(best, measure_once());
	return MIN(best, FAR);
}

const char *timer_init(void (*fn)(void))
{
	trap_set(VECTOR_TIMER, fn);
	deadline = x86_cpuid(1, 0).ecx & CPUID1_DEADLINE;
	if (deadline) {
		lapic_write(LAPIC_LVT_TIMER, LVT_DEADLINE | VECTOR_TIMER);
		return "TSC deadline";
	}
	lapic_write(LAPIC_TIMER_DIV, TIMER_DIV_1);
	if (comm && comm->apic_khz && comm->tsc_khz)
		ratio = MIN((comm->apic_khz << 32) / comm->tsc_khz, FAR);
	else
		ratio = measure();
	lapic_write(LAPIC_LVT_TIMER, VECTOR_TIMER);
	return "one shot";
}

void timer_at(u64 tsc)
{
	u64 now, count;

	if (deadline) {
		x86_wrmsr(MSR_TSC_DEADLINE, tsc);
		return;
	}
	now = rdtsc();
	count = tsc > now ? (MIN(tsc - now, FAR) * ratio >> 32) + 1 : 1;
	lapic_write(LAPIC_TIMER_INIT, (u32)MIN(count, (u64)COUNT_MAX));
}
