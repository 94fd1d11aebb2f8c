/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a CPU's registers are after RESET and INIT: SDM vol 3, table 10-1;
 * APM vol 2, table 14-1.
 */
#ifndef ARCH_X86_RESET_STATE_H
#define ARCH_X86_RESET_STATE_H

#include "vm/backend.h"

#define RESET_DR6 0xffff0ff0
#define RESET_DR7 0x400

/**
 * The registers in a control block. CR0's cache bits are clear after RESET,
 * too: what a guest caches is its stage 2's matter.
 */
void reset_state_sregs(struct guest_sregs *s, enum vcpu_reset how);

/** General registers, RIP at the reset vector, and flags. */
void reset_state_regs(struct guest_regs *r);

#endif
