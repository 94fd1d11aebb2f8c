/* SPDX-License-Identifier: BSD-2-Clause */
/* The rules a table of CPUID answers is built from. */
#ifndef GUEST_X86_CPUID_TABLE_H
#define GUEST_X86_CPUID_TABLE_H

#include "guest/x86/cpuid.h"

/** What is put in at each lookup. */
enum cpuid_fix {
	CPUID_FIX_NONE,
	CPUID_FIX_1,        /* OSXSAVE, APIC; a User VM's LAPIC id */
	CPUID_FIX_1_LIVE,   /* OSXSAVE, APIC */
	CPUID_FIX_7,        /* OSPKE */
	CPUID_FIX_B,        /* extended topology */
	CPUID_FIX_D0,       /* size of the enabled XSAVE area */
	CPUID_FIX_D1,       /* the same, compacted */
	CPUID_FIX_80000001, /* APIC */
	CPUID_FIX_8000001E, /* AMD topology */
};

/** What is put in once, after masking. */
enum cpuid_adjust {
	CPUID_ADJ_NONE,
	CPUID_ADJ_MAX,     /* cap EAX, the highest leaf, at @limit */
	CPUID_ADJ_1,       /* logical CPUs, HTT */
	CPUID_ADJ_CACHE,   /* who shares a cache; every subleaf there is */
	CPUID_ADJ_XSAVE,   /* leaf 0xd with all its subleaves */
	CPUID_ADJ_EXT1,    /* CmpLegacy */
	CPUID_ADJ_EXT8,    /* address widths, number of cores */
	CPUID_ADJ_LINEAR,  /* at most 48 linear address bits */
	CPUID_ADJ_TSC_KHZ, /* EAX */
	CPUID_ADJ_CLOCK,   /* nothing, if it is not the TSC's measured rate */
};

struct cpuid_rule {
	u32 leaf;
	u32 sub;
	bool any_sub;
	bool live; /* mask at each lookup, not once */
	u8 fix;    /* enum cpuid_fix */
	u8 adjust; /* enum cpuid_adjust */
	u32 limit;
	struct cpuid_regs keep; /* bits of the CPU's own answer */
	struct cpuid_regs set;
};

/** In ascending order, the subleaves of a leaf together. */
extern const struct cpuid_rule cpuid_rules_user[];
extern const u32 cpuid_rules_user_count;
extern const struct cpuid_rule cpuid_rules_service[];
extern const u32 cpuid_rules_service_count;

/** XSAVE components of a User VM: x87, SSE, AVX, AVX-512, PKRU. */
#define CPUID_USER_XCR0 0x2e7ULL

#endif
