/* SPDX-License-Identifier: BSD-2-Clause */
/* The cell's other CPUs. */
#ifndef LIB_SMP_H
#define LIB_SMP_H

#include "lib/types.h"

/**
 * Start all other CPUs of the cell at @fn, which is given the CPU's number,
 * 1 and up, in the order of arrival; interrupts are off. Waits until @want of
 * them, or INMATE_CPUS - 1, have begun. How many have.
 */
u32 smp_start(u32 want, void (*fn)(u32 cpu));

/** LAPIC id of a CPU that has begun. */
u32 smp_lapic_id(u32 cpu);

#endif
