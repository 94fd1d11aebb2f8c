/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What only the CPU itself can see, at the same address on every CPU. The
 * other CPUs' areas are not mapped, so nothing in here needs a lock.
 */
#ifndef CORE_PERCPU_H
#define CORE_PERCPU_H

#include "arch/x86/desc.h"
#include "core/cpu.h"
#include "mem/layout.h"
#include "mem/pgtable.h"

struct percpu {
	u8 hw_save[8192] __aligned(4096); /* the backend's per-CPU pages */
	struct cpu *cpu;
	struct pgtable map; /* its own tree: only LOCAL_WINDOW changes */
	struct desc_tables desc;
	bool nmi_for_guest; /* a foreign NMI came: hand it on */
	u64 timer_armed;    /* TSC that its timer is set for, 0: none */
	bool timer_inside;  /* that is the guest's CPU's, else the LAPIC's */
};

static inline struct percpu *percpu_self(void)
{
	return (struct percpu *)LOCAL_PERCPU;
}

#endif
