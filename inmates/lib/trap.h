/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts and exceptions. */
#ifndef LIB_TRAP_H
#define LIB_TRAP_H

#include "lib/cpu.h"
#include "lib/vectors.h"

/** What vectors32.S and vectors64.S leave on the stack. */
struct trap {
	word regs[sizeof(word) == 8 ? 9 : 8];
	word vector;
	word error;
	word ip;
	word cs;
	word flags;
};

/** The calling CPU takes interrupts as trap_set() says. */
void trap_init(void);

/**
 * @fn is called for each interrupt @vector, FIRST_IRQ to VECTORS - 1, with
 * interrupts off; its EOI follows. NULL: none.
 */
void trap_set(u32 vector, void (*fn)(void));

/**
 * The instructions of a guest that may fault. Each returns false after #GP
 * (or the exception in *vector) and goes on.
 */
bool try_rdmsr(u32 msr, u64 *v);
bool try_wrmsr(u32 msr, u64 v);

/** For vectors*.S. */
void trap_dispatch(struct trap *t);
extern const char trap_vectors[];

#endif
