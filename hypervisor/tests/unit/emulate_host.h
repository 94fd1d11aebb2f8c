/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs one instruction on this very CPU, every register chosen. */
#ifndef TESTS_UNIT_EMULATE_HOST_H
#define TESTS_UNIT_EMULATE_HOST_H

#include "lib/types.h"

#define HOST_REGION 8192

/** Memory below 2 GiB, so that every address width reaches it. */
struct host_cpu {
	u8 *code;   /* where the instruction stands while it runs */
	u8 *device; /* HOST_REGION bytes */
	u8 *ram;    /* HOST_REGION bytes */
	u64 gpr[16];
	u64 rflags;
};

int host_cpu_open(struct host_cpu *cpu);
/** Put the instruction in place; cpu->code is its address from then on. */
void host_cpu_place(struct host_cpu *cpu, const u8 *insn, u32 len);
/** Execute it. Registers and flags in and out are in @cpu. */
void host_cpu_run(struct host_cpu *cpu);

#endif
