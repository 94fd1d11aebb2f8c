/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The local APIC's timer, set by the TSC: in deadline mode where the CPU has
 * it, else one shot of the timer's own clock. No exit in x2APIC mode.
 */
#ifndef LIB_TIMER_H
#define LIB_TIMER_H

#include "lib/types.h"

/** VECTOR_TIMER calls @fn. The name of the mode. */
const char *timer_init(void (*fn)(void));

/**
 * Interrupt the calling CPU when its TSC is @tsc, at once if that is past.
 * May come a little early where there is no deadline mode.
 */
void timer_at(u64 tsc);

/** TSC ticks of @us microseconds; @us * 1000 where the frequency is unknown. */
u64 timer_ticks(u64 us);

/** kHz of the TSC, 0 if unknown. */
u64 timer_tsc_khz(void);

#endif
