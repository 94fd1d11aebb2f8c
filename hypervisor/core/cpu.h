/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Physical CPUs: what all of them may know of each, and how one gets the
 * attention of another. What only the CPU itself may see is in percpu.h.
 */
#ifndef CORE_CPU_H
#define CORE_CPU_H

#include "lib/types.h"
#include "mem/addr.h"

struct trace_ring;
struct vcpu;

struct cpu {
	u32 index; /* order of the MADT; the boot CPU where it is */
	u32 lapic_id;
	bool online; /* came up and runs Holm */
	/*
	 * Set with a kick; the CPU clears it when it has looked. Read by the
	 * entry code with events held off, so no kick is ever lost.
	 */
	u32 kick;
	/*
	 * Set by the sender of a kick's NMI, cleared by its handler: at most
	 * one is on the way, so an NMI that finds it clear is not ours.
	 */
	u32 nmi_inflight;
	/*
	 * The vCPU this CPU runs, NULL = idle. Written under the vm_list lock
	 * by whoever hands the CPU over, and only while the CPU is known to be
	 * away from the old vCPU (see vcpu_park()).
	 */
	struct vcpu *vcpu;
	struct vcpu *current;      /* what the CPU's loop is looking at */
	struct vcpu *service_vcpu; /* the Service VM's vCPU that lives here */
	bool taken;                /* the Service VM gave it up */
	u64 exits;
	u64 nmis_own;
	u64 nmis_foreign;
	u64 map_seen; /* the last change of Holm's own map it knows of */
	struct trace_ring *trace; /* see core/trace.h; constant after start */
};

/** Number of CPUs that came up. */
u32 cpu_count(void);

/** CPU @index, 0 <= index < cpu_count(). */
struct cpu *cpu_get(u32 index);

/** The CPU with this LAPIC id, or NULL. */
struct cpu *cpu_by_lapic_id(u32 lapic_id);

/** The calling CPU. */
struct cpu *cpu_self(void);

/**
 * Get @cpu's attention: it leaves its guest or its idle loop and looks at
 * what it should do. Never lost, may be merged. Callable from any CPU.
 */
void cpu_kick(struct cpu *cpu);

/*
 * Holm's own map lost something: every CPU must forget its translations. A
 * CPU does so by itself whenever it looks what it was kicked for.
 */

/** Say so. Returns the number of this change. */
u64 cpu_map_changed(void);

/** On the CPU itself: forget what changed since it last did. */
void cpu_map_look(struct cpu *cpu);

/** Has @cpu forgotten what was before @change? */
bool cpu_map_seen(const struct cpu *cpu, u64 change);

/** Time stamp counter, and its frequency as measured at start, in kHz. */
u64 time_now(void);
u64 time_khz(void);

#endif
