/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exact conversion between TSC ticks and the ticks of a slow clock, with
 * 64-bit divisions only: the quotient and the remainder are scaled apart,
 * so nothing overflows while mul * div < 2^64.
 */
#ifndef GUEST_X86_VIRQ_CLOCK_H
#define GUEST_X86_VIRQ_CLOCK_H

#include "lib/types.h"

/** TSC rates above 16 GHz or of 0 are taken as these bounds, in kHz. */
#define VIRQ_TSC_KHZ_MIN 1000U
#define VIRQ_TSC_KHZ_MAX 16000000U

/** @v * @mul / @div rounded down. @div > 0 and @mul * @div < 2^64. */
static inline u64 virq_scale_down(u64 v, u64 mul, u64 div)
{
	return v / div * mul + v % div * mul / div;
}

/** @v * @mul / @div rounded up; same bounds. */
static inline u64 virq_scale_up(u64 v, u64 mul, u64 div)
{
	return v / div * mul + (v % div * mul + div - 1) / div;
}

/** TSC ticks per second for @khz, forced into the supported range. */
static inline u64 virq_tsc_hz(u32 khz)
{
	u32 in = khz < VIRQ_TSC_KHZ_MIN ? VIRQ_TSC_KHZ_MIN : khz;

	return 1000 * (u64)MIN(in, VIRQ_TSC_KHZ_MAX);
}

#endif
