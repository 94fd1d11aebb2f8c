/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The second CPU: changes what the first is just using, tables, rings and
 * code among it, and resets the machine if the first is stuck. Its random
 * numbers are its own, so that the first's stay the same for a seed.
 */
#include "hostile/hostile.h"
#include "kit/test.h"
#include "kit/trap.h"

#define STUCK_MS 2000

static u64 seed;

static u64 other_rnd(u64 below)
{
	return random_next(&seed) % below;
}

static void change(u64 at, u64 size)
{
	volatile u64 *p = (volatile u64 *)(uintptr_t)at;
	u64 i = other_rnd(size / 8);

	switch (other_rnd(3)) {
	case 0:
		p[i] ^= BIT64(other_rnd(64));
		return;
	case 1:
		p[i] = p[other_rnd(size / 8)];
		return;
	default:
		p[i] = random_next(&seed);
	}
}

static void change_some(void)
{
	change(CHURN, CHURN_SIZE);
	change(RINGS, RINGS_SIZE);
	/* All but the entry that maps this program. */
	change(TABLES + 8, 7 * PAGE_SIZE);
}

/* Now and then an exit of its own, at the same devices. */
static void exit_some(void *arg)
{
	(void)arg;
	switch (other_rnd(3)) {
	case 0:
		x86_inl((u16)other_rnd(0x10000));
		return;
	case 1:
		x86_outl(0xcf8, (u32)random_next(&seed));
		return;
	default:
		*(volatile u32 *)(uintptr_t)(0x90000000 +
					     other_rnd(0x800000) / 4 * 4) =
			(u32)random_next(&seed);
	}
}

void other_cpu(void *arg)
{
	u64 until = deadline_ms(STUCK_MS);
	u32 seen = 0, now;

	seed = *(const u64 *)arg | 1;
	while (!__atomic_load_n(&hostile.stop, __ATOMIC_SEQ_CST)) {
		for (u32 i = 0; i < 64; i++)
			change_some();
		if (other_rnd(8) == 0)
			probe(exit_some, NULL);
		now = __atomic_load_n(&hostile.progress, __ATOMIC_SEQ_CST);
		if (now != seen)
			until = deadline_ms(STUCK_MS);
		seen = now;
		if (x86_rdtsc() > until)
			die_by_reset();
	}
}
