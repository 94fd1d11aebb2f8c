/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/x86/features.h"

#include "arch/x86/asm.h"
#include "lib/string.h"

/* SDM vol 3, table 12-12. */
#define PAT_RESET 0x0007040600070406ULL

static struct features features;

/* CPUID bits: SDM vol 2, CPUID; APM vol 3, appendix E. */
struct feature_bit {
	u32 leaf;
	u8 reg; /* 0 EAX .. 3 EDX */
	u8 bit;
	bool *flag;
};

static const struct feature_bit feature_bits[] = {
	{ 0x00000001, 2, 21, &features.x2apic },
	{ 0x00000001, 2, 26, &features.xsave },
	{ 0x00000007, 1, 7, &features.smep },
	{ 0x00000007, 1, 20, &features.smap },
	{ 0x00000007, 2, 2, &features.umip },
	{ 0x80000001, 3, 26, &features.pages_1g },
	{ 0x80000007, 3, 8, &features.invariant_tsc },
};

static bool bit_set(const struct feature_bit *f)
{
	struct cpuid_out max = x86_cpuid(f->leaf & 0x80000000, 0);
	struct cpuid_out r;
	u32 reg[4];

	if (f->leaf > max.eax)
		return false;
	r = x86_cpuid(f->leaf, 0);
	reg[0] = r.eax;
	reg[1] = r.ebx;
	reg[2] = r.ecx;
	reg[3] = r.edx;
	return reg[f->reg] & BIT32(f->bit);
}

void features_read(void)
{
	struct cpuid_out r = x86_cpuid(0, 0);

	memcpy(&features.vendor[0], &r.ebx, 4);
	memcpy(&features.vendor[4], &r.edx, 4);
	memcpy(&features.vendor[8], &r.ecx, 4);
	for (u32 i = 0; i < ARRAY_SIZE(feature_bits); i++)
		*feature_bits[i].flag = bit_set(&feature_bits[i]);
	features.phys_bits = 36;
	if (x86_cpuid(0x80000000, 0).eax >= 0x80000008)
		features.phys_bits = (u8)x86_cpuid(0x80000008, 0).eax;
}

const struct features *features_get(void)
{
	return &features;
}

void features_arm(void)
{
	u64 cr4 = x86_read_cr4() | CR4_PAE | CR4_PGE | CR4_MCE;

	if (features.smep)
		cr4 |= CR4_SMEP;
	if (features.smap)
		cr4 |= CR4_SMAP;
	if (features.xsave)
		cr4 |= CR4_OSXSAVE;
	x86_write_cr4(cr4 | CR4_OSFXSR);
	x86_write_cr0((x86_read_cr0() | CR0_WP | CR0_NE | CR0_MP) &
		      ~(CR0_EM | CR0_TS | CR0_AM | CR0_CD | CR0_NW));
	/* The page-table formats count on the types PAT has after RESET. */
	x86_wrmsr(MSR_PAT, PAT_RESET);
	x86_wrmsr(MSR_EFER, x86_rdmsr(MSR_EFER) | EFER_NXE);
}
