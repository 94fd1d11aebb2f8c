/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The loop every CPU is in: run the vCPU that it is told to, take its exits
 * to those who answer them, sleep when there is nothing to do.
 */
#ifndef RUN_LOOP_H
#define RUN_LOOP_H

#include "lib/types.h"

/** Does not return. */
void run_cpu_loop(void) __noreturn;

/** A physical interrupt that came while Holm had them open. */
void run_interrupt(u8 vector);

#endif
