/* SPDX-License-Identifier: BSD-2-Clause */
/* Exceptions as answers instead of ends. */
#ifndef KIT_TRAP_H
#define KIT_TRAP_H

#include "kit/cpu.h"

#define NO_FAULT 256U
#define VEC_DB   1U
#define VEC_NMI  2U
#define VEC_UD   6U
#define VEC_DF   8U
#define VEC_GP   13U
#define VEC_PF   14U

/** Give the calling CPU its GS base, GDT, TSS and IDT. */
void trap_init_cpu(struct kcpu *cpu);

/**
 * Call @fn(@arg). NO_FAULT if it returned, else the vector of the exception
 * that ended it; kcpu_self()->fault tells the rest.
 */
u32 probe(void (*fn)(void *arg), void *arg);

/** Run @fn in ring 3; it must end by an exception, whose vector is returned. */
u32 probe_ring3(void (*fn)(void));

u32 try_rdmsr(u32 msr, u64 *val);
u32 try_wrmsr(u32 msr, u64 val);
u32 try_read32(u64 addr, u32 *val);

/** Called for each interrupt of @vector on any CPU, before its EOI. */
void trap_set_handler(u8 vector, void (*fn)(u8 vector));

/** Called for an exception that nobody probes for, before the tests end. */
void trap_set_fallback(void (*fn)(void));

#endif
