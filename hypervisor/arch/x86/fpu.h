/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest's floating-point and vector registers stay in the CPU while it
 * runs one guest; Holm itself uses none.
 */
#ifndef ARCH_X86_FPU_H
#define ARCH_X86_FPU_H

#include "lib/types.h"

/** All state as after RESET, XCR0 included: before another guest runs. */
void fpu_reset(void);

/** XCR0 as it is now; 1 without XSAVE. */
u64 fpu_xcr0(void);

#endif
