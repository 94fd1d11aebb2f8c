/* SPDX-License-Identifier: BSD-2-Clause */
/* What this CPU offers, asked once. */
#ifndef ARCH_X86_FEATURES_H
#define ARCH_X86_FEATURES_H

#include "lib/types.h"

struct features {
	bool smep, smap, umip, pages_1g, x2apic, xsave, invariant_tsc;
	u8 phys_bits;
	char vendor[13];
};

/** The boot CPU's features. */
const struct features *features_get(void);

/** Read CPUID; once, on the boot CPU. */
void features_read(void);

/** Set CR0, CR4 and EFER of the calling CPU as Holm runs it. */
void features_arm(void);

#endif
