/* SPDX-License-Identifier: BSD-2-Clause */
/* Single instructions as functions, for 32 and 64 bits: Holm's, and more. */
#ifndef LIB_CPU_H
#define LIB_CPU_H

#include "arch/x86/asm.h"
#include "lib/types.h"

/** A machine word: 32 or 64 bits, as the inmate is built. */
typedef unsigned long word;

#ifdef __x86_64__
#define WORD_SUFFIX "q"
#else
#define WORD_SUFFIX "l"
#endif

#define MSR_TSC_DEADLINE 0x6e0

/** The TSC, read after everything before it. */
static inline u64 rdtsc(void)
{
	u32 lo, hi;

	__asm__ volatile("lfence; rdtsc" : "=a"(lo), "=d"(hi) : : "memory");
	return (u64)hi << 32 | lo;
}

static inline void irqs_on(void)
{
	__asm__ volatile("sti" : : : "memory");
}

static inline void irqs_off(void)
{
	__asm__ volatile("cli" : : : "memory");
}

/** Interrupts on, and sleep until one comes: none is missed in between. */
static inline void irqs_wait(void)
{
	__asm__ volatile("sti; hlt" : : : "memory");
}

static inline bool irqs_save(void)
{
	word flags;

	__asm__ volatile("pushf; pop %0; cli" : "=r"(flags) : : "memory");
	return flags & 0x200;
}

static inline void irqs_restore(bool on)
{
	if (on)
		irqs_on();
}

/** For ever, interrupts off. */
static inline __noreturn void sleep_for_good(void)
{
	for (;;)
		__asm__ volatile("cli; hlt" : : : "memory");
}

/**
 * Store for another CPU, behind all stores before it: x86 keeps their order.
 * On 32 bits these are two, but the upper half of what is counted is 0.
 */
static inline void publish(u64 *p, u64 v)
{
	__asm__ volatile("" : : : "memory");
	*(volatile u64 *)p = v;
	__asm__ volatile("" : : : "memory");
}

static inline u32 read32(word at)
{
	u32 v;

	__asm__ volatile("movl (%1), %0" : "=r"(v) : "r"(at) : "memory");
	return v;
}

static inline void write32(word at, u32 v)
{
	__asm__ volatile("movl %0, (%1)" : : "r"(v), "r"(at) : "memory");
}

#endif
