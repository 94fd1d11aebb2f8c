/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Clocks that are not the TSC, if the description has their ports: channel 2
 * of the PIT (ports 0x42, 0x43 and 0x61) and the ACPI timer.
 */
#ifndef LIB_CLOCK_H
#define LIB_CLOCK_H

#include "lib/types.h"

#define PIT_HZ      1193182U
#define PM_TIMER_HZ 3579545U

/** TSC ticks that pass while channel 2 counts @count, 2 to 65535, down. */
u64 clock_pit(u16 count);

/** The ACPI timer's port, 0 if the cell has none. */
u16 clock_pm_port(void);

/** TSC ticks while the ACPI timer, of 24 bits, goes on by @count. */
u64 clock_pm(u32 count);

#endif
