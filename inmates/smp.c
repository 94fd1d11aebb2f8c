/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A ball between CPUs: each throws it on by an interrupt to the next.
 * Words: rounds=N (1000).
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
static u64 left;

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

static void catch (void)
{
	u32 cpu = self();

	caught[cpu]++;
	if (__atomic_sub_fetch(&left, 1, __ATOMIC_ACQ_REL))
		throw_to((cpu + 1) % cpus);
}

static void other(u32 cpu)
{
	(void)cpu;
	for (;;)
		irqs_wait();
}

static bool playing(void)
{
	return __atomic_load_n(&left, __ATOMIC_ACQUIRE);
}

void inmate_main(void)
{
	u32 want = comm ? comm->cpus - 1 : 1;

	left = MAX(cmdline_number("rounds", 1000), (u64)1);
	trap_set(VECTOR_IPI, catch);
	cpus = 1;
	cpus += smp_start(want, other);
	print("smp: %u CPUs\n", cpus);
	throw_to(1 % cpus);
	while (playing()) {
		irqs_wait();
		irqs_off();
		inmate_serve();
	}
	for (u32 i = 0; i < cpus; i++)
		print("smp: CPU %u, LAPIC %u, caught %u\n", i, smp_lapic_id(i),
		      caught[i]);
	print("smp: done\n");
}
