/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which vCPU a CPU runs. One vCPU a CPU for now; a scheduler that shares a
 * mediated CPU would replace what cpu->vcpu says.
 */
#ifndef VM_SCHED_H
#define VM_SCHED_H

#include "vm/vm.h"

/**
 * Stop @vcpu: returns once its CPU is out of the guest and stays out, all
 * register state readable. Idempotent. Never call it on the CPU that runs
 * @vcpu, nor with a lock held that the CPU may be waiting for.
 */
void vcpu_park(struct vcpu *vcpu);

/** Ask for the same without waiting: for a vCPU that stops its own VM. */
void vcpu_request_stop(struct vcpu *vcpu);

/** Let a parked vCPU run again. */
void vcpu_unpark(struct vcpu *vcpu);

/** True on the CPU that runs @vcpu when it must give up what it waits for. */
bool vcpu_should_stop(const struct vcpu *vcpu);

/** Give idle @cpu a parked vCPU to run: it runs after vcpu_unpark(). */
void cpu_attach(struct cpu *cpu, struct vcpu *vcpu);

/** Take the parked vCPU off @cpu; after the return nobody looks at it. */
void cpu_detach(struct cpu *cpu);

/** Set request bits and get the vCPU's attention. */
void vcpu_post(struct vcpu *vcpu, u32 requests);

/** The same, but a CPU that does not run @vcpu now is left alone. */
void vcpu_post_quietly(struct vcpu *vcpu, u32 requests);

/**
 * Wait until @vcpu's CPU has taken @requests, if it is running @vcpu and is
 * not the calling CPU: who takes them is out of the guest.
 */
void vcpu_wait_taken(const struct vcpu *vcpu, u32 requests);

#endif
