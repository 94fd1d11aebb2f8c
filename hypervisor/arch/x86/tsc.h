/* SPDX-License-Identifier: BSD-2-Clause */
/* How fast the time stamp counter runs: measured, not believed. */
#ifndef ARCH_X86_TSC_H
#define ARCH_X86_TSC_H

#include "lib/types.h"

/**
 * TSC frequency in kHz against the ACPI PM timer at @pm_timer_port
 * (3.579545 MHz), or against PIT channel 2 if that is 0.
 */
u64 tsc_calibrate(u16 pm_timer_port);

#endif
