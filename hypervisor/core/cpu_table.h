/* SPDX-License-Identifier: BSD-2-Clause */
/* For launch/ alone: how the CPU table comes to be. */
#ifndef CORE_CPU_TABLE_H
#define CORE_CPU_TABLE_H

#include "core/cpu.h"

/** Publish the CPUs; @cpus outlives everything. */
void cpu_table_init(struct cpu *cpus, u32 count, u64 tsc_khz);

/** An NMI came on the calling CPU. */
void cpu_nmi(void);

#endif
