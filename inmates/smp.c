/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A ball between CPUs: each throws it on by an interrupt to the next, which
 * costs the thrower an exit. Words: rounds=N (1000); memory: by a word of
 * memory that the next one watches, which costs none.
 */
#include "lib/cmdline.h"
#include "lib/comm.h"
#include "lib/cpu.h"
#include "lib/inmate.h"
#include "lib/lapic.h"
#include "lib/memmap.h"
#include "lib/print.h"
#include "lib/smp.h"
#include "lib/trap.h"

static u32 cpus;
static u32 caught[INMATE_CPUS];
static word left;
static u32 turn; /* whose ball it is, if it is in memory */

static u32 self(void)
{
	u32 id = lapic_id();

	for (u32 i = 1; i < cpus; i++)
		if (smp_lapic_id(i) == id)
			return i;
	return 0;
}

static void throw_to(u32 cpu)
{
	lapic_icr(smp_lapic_id(cpu), ICR_ASSERT | VECTOR_IPI);
}

static bool playing(void)
{
	return __atomic_load_n(&left, __ATOMIC_ACQUIRE);
}

static void catch (void)
{
	u32 cpu = self();

	if (!playing())
		return;
	caught[cpu]++;
	if (__atomic_sub_fetch(&left, 1, __ATOMIC_ACQ_REL))
		throw_to((cpu + 1) % cpus);
	else if (cpu)
		throw_to(0); /* no ball: it sleeps until it is told */
}

static void other(u32 cpu)
{
	(void)cpu;
	for (;;)
		irqs_wait();
}

static void watch(u32 cpu)
{
	while (playing()) {
		x86_pause();
		/* The one before may just have thrown the last. */
		if (__atomic_load_n(&turn, __ATOMIC_ACQUIRE) != cpu ||
		    !playing())
			continue;
		caught[cpu]++;
		__atomic_sub_fetch(&left, 1, __ATOMIC_ACQ_REL);
		__atomic_store_n(&turn, (cpu + 1) % cpus, __ATOMIC_RELEASE);
	}
}

static void play_by_interrupts(void)
{
	throw_to(1 % cpus);
	while (playing()) {
		irqs_wait();
		irqs_off();
		inmate_serve();
	}
}

void inmate_main(void)
{
	const u32 want = comm ? comm->cpus - 1 : 1;
	const bool memory = cmdline_has("memory");

	left = MAX((word)cmdline_number("rounds", 1000), 1UL);
	trap_set(VECTOR_IPI, catch);
	/* Nobody catches anything before all are there. */
	turn = INMATE_CPUS;
	cpus = 1 + smp_start(want, memory ? watch : other);
	print("smp: %u CPUs\n", cpus);
	if (memory) {
		__atomic_store_n(&turn, 0, __ATOMIC_RELEASE);
		watch(0);
	} else {
		play_by_interrupts();
	}
	for (u32 i = 0; i < cpus; i++)
		print("smp: CPU %u, LAPIC %u, caught %u\n", i, smp_lapic_id(i),
		      caught[i]);
	print("smp: done\n");
}
