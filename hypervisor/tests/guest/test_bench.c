/* SPDX-License-Identifier: BSD-2-Clause */
/* What a hypercall costs the Service VM; see user_bench.c. */
#include "kit/hc.h"
#include "kit/test.h"

#define ROUNDS  2000U
#define WARM_UP 64U
#define NOBODYS 0x800000ffU /* a number that no hypercall has */

static u64 loop_amd(u32 rounds)
{
	u64 start = x86_rdtsc();

	for (u32 i = 0; i < rounds; i++)
		vmmcall(NOBODYS, 0, 0);
	return x86_rdtsc() - start;
}

static u64 loop_intel(u32 rounds)
{
	u64 start = x86_rdtsc();

	for (u32 i = 0; i < rounds; i++)
		vmcall(NOBODYS, 0, 0);
	return x86_rdtsc() - start;
}

static void measure(void)
{
	u64 (*loop)(u32 rounds) = cpu_is_intel() ? loop_intel : loop_amd;

	loop(WARM_UP);
	say("BENCH hypercall: %lu", loop(ROUNDS) / ROUNDS);
	check(hypercall(NOBODYS, 0, 0) < 0, "an unknown hypercall is known");
}

const struct test tests[] = {
	{ "bench", measure },
	{ 0 },
};
