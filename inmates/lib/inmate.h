/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a demo is: inmate_main() on the first CPU, with interrupts off, the
 * local APIC enabled, the region found. When it returns the cell says that it
 * is shut down, and sleeps.
 */
#ifndef LIB_INMATE_H
#define LIB_INMATE_H

#include "lib/types.h"

void inmate_main(void);

/** For enter*.S: CPU @cpu has a stack now. */
void inmate_cpu(u32 cpu);

/** For inmate_cpu(): a CPU that smp_start() has started. */
void smp_enter(u32 cpu);

/**
 * Answer a message that waits: shut down is approved, and then this does not
 * return; others are received. No exit if there is none.
 */
void inmate_serve(void);

/** Says so and sleeps for good. */
__noreturn void inmate_shut_down(void);

#endif
