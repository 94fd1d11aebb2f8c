/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A periodic timer and how late it is. Times are due at start + n * period,
 * whatever came before: a late one does not move the next.
 * Words: period=US (1000), ticks=N (0: for ever), print=N (1000), width=NS
 * (100) of a bucket of the histogram; on an emulator take 20000.
 */
#include "lib/cmdline.h"
#include "lib/comm.h"
#include "lib/cpu.h"
#include "lib/histogram.h"
#include "lib/inmate.h"
#include "lib/lapic.h"
#include "lib/print.h"
#include "lib/timer.h"

static u64 period, due;
static volatile u64 ticks;

/* Each time that has come is one measurement, also if two came at once. */
static void tick(void)
{
	u64 now = rdtsc();

	while (due <= now) {
		histogram_add(now - due);
		due += period;
		ticks++;
	}
	timer_at(due);
}

static void report(void)
{
	const struct holm_comm_histogram *h = histogram();

	print("timer: %llu ticks, late by min %llu avg %llu max %llu\n",
	      (unsigned long long)h->count, (unsigned long long)h->min,
	      (unsigned long long)(h->count ? h->sum / h->count : 0),
	      (unsigned long long)h->max);
}

void inmate_main(void)
{
	const u64 us = cmdline_number("period", 1000);
	const u64 end = cmdline_number("ticks", 0);
	const u64 every = MAX(cmdline_number("print", 1000), (u64)1);
	u64 next = every;

	period = MAX(timer_ticks(us), (u64)1);
	histogram_init(0, timer_ticks(cmdline_number("width", 100)) / 1000);
	print("timer: %s, %s, a tick each %llu of the TSC\n",
	      lapic_is_x2apic() ? "x2APIC" : "xAPIC", timer_init(tick),
	      (unsigned long long)period);
	due = rdtsc() + period;
	timer_at(due);
	while (!end || ticks < end) {
		irqs_wait();
		irqs_off();
		inmate_serve();
		if (ticks < next)
			continue;
		next += every;
		report();
	}
	report();
	print("timer: done\n");
}
