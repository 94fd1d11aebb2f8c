/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef GUEST_X86_MSR_TABLE_H
#define GUEST_X86_MSR_TABLE_H

#include "guest/x86/msr.h"

/** In ascending order of register numbers, without overlap. */
extern const struct msr_rule msr_rules[];
extern const u32 msr_rules_count;

#endif
