/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How the VMX-preemption timer counts, SDM vol 3, 26.5.1: down by one each
 * time the TSC changes bit N, which IA32_VMX_MISC names in bits 4:0, and it
 * makes an exit at 0. Pure functions.
 */
#ifndef ARCH_X86_VMX_TIMER_H
#define ARCH_X86_VMX_TIMER_H

#include "lib/types.h"

#define VMX_TIMER_MAX ((u32)~0U)

static inline u32 vmx_timer_shift(u64 misc)
{
	return (u32)(misc & 0x1f);
}

/**
 * The count of bit changes at which TSC @when has come for sure: that of the
 * next one, if @when is between two. VMX_TIMER_NEVER is above each.
 */
static inline u64 vmx_timer_end(u64 when, u32 shift)
{
	u64 between = when & (BIT64(shift) - 1);

	return (when >> shift) + (between ? 1 : 0);
}

#define VMX_TIMER_NEVER ((~(u64)0) >> 1)

/** What to load at TSC @now for an exit at @end, or as late as it counts. */
static inline u32 vmx_timer_count(u64 now, u64 end, u32 shift)
{
	s64 left = (s64)(end - (now >> shift));

	if (unlikely(left < 0))
		return 0;
	return left < (s64)VMX_TIMER_MAX ? (u32)left : VMX_TIMER_MAX;
}

#endif
