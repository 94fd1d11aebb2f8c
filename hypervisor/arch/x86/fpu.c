/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/x86/fpu.h"

#include "arch/x86/asm.h"
#include "arch/x86/features.h"

#define XCR0_X87    1
#define XSAVE_LEAF  0xd
#define MXCSR_RESET 0x1f80

/*
 * An XSAVE image whose header says that nothing is in it: XRSTOR then puts
 * every component into its initial state. SDM vol 1, 13.8.
 */
static const struct {
	u8 legacy[24];
	u32 mxcsr;
	u8 rest[512 - 28];
	u8 header[64];
} __aligned(64) empty = { .mxcsr = MXCSR_RESET };

static u64 xcr0_supported(void)
{
	struct cpuid_out r = x86_cpuid(XSAVE_LEAF, 0);

	return ((u64)r.edx << 32) | r.eax;
}

void fpu_reset(void)
{
	__asm__ volatile("fninit");
	if (!features_get()->xsave)
		return;
	x86_xsetbv_safe(0, xcr0_supported());
	__asm__ volatile("xrstor64 %0" : : "m"(empty), "a"(~0U), "d"(~0U));
	x86_xsetbv_safe(0, XCR0_X87);
}

u64 fpu_xcr0(void)
{
	u32 lo, hi;

	if (!features_get()->xsave)
		return XCR0_X87;
	__asm__ volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
	return ((u64)hi << 32) | lo;
}
