/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/smp.h"

#include "lib/cpu.h"
#include "lib/inmate.h"
#include "lib/lapic.h"
#include "lib/memmap.h"
#include "lib/trap.h"

/* The longest that the others may take, in TSC ticks: seconds. */
#define PATIENCE BIT64(35)

extern const char inmate_image[];

static void (*entry)(u32 cpu);
static u32 ids[INMATE_CPUS];
static u32 running;

u32 smp_lapic_id(u32 cpu)
{
	return ids[cpu];
}

u32 smp_start(u32 want, void (*fn)(u32 cpu))
{
	const u32 page = (u32)((word)inmate_image >> 12);
	u64 from = rdtsc();

	ids[0] = lapic_id();
	entry = fn;
	want = MIN(want, INMATE_CPUS - 1U);
	lapic_icr(0, ICR_OTHERS | ICR_INIT | ICR_ASSERT);
	lapic_icr(0, ICR_OTHERS | ICR_STARTUP | ICR_ASSERT | page);
	while (__atomic_load_n(&running, __ATOMIC_ACQUIRE) < want &&
	       rdtsc() - from < PATIENCE)
		x86_pause();
	return __atomic_load_n(&running, __ATOMIC_ACQUIRE);
}

void smp_enter(u32 cpu)
{
	trap_init();
	lapic_init();
	ids[cpu] = lapic_id();
	__atomic_add_fetch(&running, 1, __ATOMIC_RELEASE);
	entry(cpu);
	sleep_for_good();
}
