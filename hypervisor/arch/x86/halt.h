/* SPDX-License-Identifier: BSD-2-Clause */
/* Stopping a CPU: for good, or until something happens. */
#ifndef ARCH_X86_HALT_H
#define ARCH_X86_HALT_H

#include "lib/types.h"

/** Stop this CPU for ever. */
void arch_halt_forever(void) __noreturn;

/**
 * Sleep until an interrupt or NMI, unless *@flag is set: the check and the
 * sleep are one step to an NMI (its handler skips the HLT if it comes in
 * between). @interrupts: interrupts wake it too and are taken; without, only
 * an NMI does, and what is pending stays pending for the guest.
 */
void arch_idle(const u32 *flag, bool interrupts);

/** Take what interrupts are pending now. */
void arch_poll_interrupts(void);

/** Reset the machine: the ways firmware is known to listen to, in turn. */
void arch_reset_machine(void) __noreturn;

#endif
