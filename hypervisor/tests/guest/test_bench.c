/* SPDX-License-Identifier: BSD-2-Clause */
/* What a hypercall costs the Service VM; see user_bench.c. */
#include "kit/hc.h"
#include "kit/test.h"

#define ROUNDS  2000U
#define WARM_UP 64U
#define NOBODYS 0x800000ffU /* a number that no hypercall has */

static void measure(void)
{
	u64 start;

	for (u32 i = 0; i < WARM_UP; i++)
		vmmcall(NOBODYS, 0, 0);
	start = x86_rdtsc();
	for (u32 i = 0; i < ROUNDS; i++)
		vmmcall(NOBODYS, 0, 0);
	say("BENCH hypercall: %lu", (x86_rdtsc() - start) / ROUNDS);
	check(vmmcall(NOBODYS, 0, 0) < 0, "an unknown hypercall is known");
}

const struct test tests[] = {
	{ "bench", measure },
	{ 0 },
};
