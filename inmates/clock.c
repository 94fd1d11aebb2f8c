/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The TSC's frequency by two other clocks, beside what Holm says: three
 * witnesses that should agree. Reading ports that are the cell's needs no
 * exit. Words: times=N (5), ms=N (20) of each measurement.
 */
#include "lib/clock.h"
#include "lib/cmdline.h"
#include "lib/inmate.h"
#include "lib/print.h"
#include "lib/timer.h"

static u64 khz_of(u64 tsc, u64 count, u32 hz)
{
	return tsc * hz / count / 1000;
}

void inmate_main(void)
{
	const u64 times = cmdline_number("times", 5);
	const u64 ms = MAX(MIN(cmdline_number("ms", 20), (u64)50), (u64)1);
	const u32 pit = (u32)(ms * PIT_HZ / 1000);
	const u32 pm = (u32)(ms * PM_TIMER_HZ / 1000);

	print("clock: Holm says the TSC has %llu kHz\n",
	      (unsigned long long)timer_tsc_khz());
	for (u64 i = 0; i < times; i++) {
		print("clock: by the PIT %llu kHz\n",
		      (unsigned long long)khz_of(clock_pit((u16)pit), pit,
						 PIT_HZ));
		if (clock_pm_port())
			print("clock: by the ACPI timer %llu kHz\n",
			      (unsigned long long)khz_of(clock_pm(pm), pm,
							 PM_TIMER_HZ));
		inmate_serve();
	}
	print("clock: done\n");
}
