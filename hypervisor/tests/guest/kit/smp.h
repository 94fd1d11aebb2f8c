/* SPDX-License-Identifier: BSD-2-Clause */
/* The other CPUs of a tiny guest. */
#ifndef KIT_SMP_H
#define KIT_SMP_H

#include "kit/cpu.h"

#define TRAMPOLINE_PAGE 0x8000U

/** CPUs the firmware (or the User VM's maker) lists; ids are 0..n-1. */
u32 smp_count(void);

/**
 * INIT, SIPI to @lapic_id; it becomes CPU @index, its LAPIC in the caller's
 * mode. False if it does not come up.
 */
bool smp_start(u32 index, u32 lapic_id);

/** Have CPU @index call @fn(@arg); does not wait. */
void smp_call(u32 index, void (*fn)(void *arg), void *arg);

/** Wait until it has returned; false if it does not. */
bool smp_join(u32 index);

/** Have it sleep for good with interrupts off, as an offline CPU does. */
bool smp_offline(u32 index);

/** Times that CPUs came out of the trampoline's first instructions. */
u32 smp_trampoline_runs(void);

#endif
