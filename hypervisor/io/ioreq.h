/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The request page: how a User VM's access that nobody in here answers
 * reaches the device model in the Service VM, and its answer comes back.
 *
 * Slot n of the page is vCPU n's, and in it only the state word says who
 * may write the rest: FREE -> PENDING (here) -> PROCESSING -> COMPLETE (the
 * Service VM) -> FREE (here). Nothing the page says is believed further
 * than the one vCPU's answer: the Service VM may scribble, which hurts only
 * the User VM it serves.
 *
 * A request once made is never withdrawn: the device model may have acted
 * on it. A vCPU that must stop while it waits leaves the request where it
 * is; when it runs again the same instruction asks again, finds its own
 * request and takes the answer. No interrupt may be delivered in between:
 * see ioreq_outstanding(). Only a reset of the VM forgets requests.
 */
#ifndef IO_IOREQ_H
#define IO_IOREQ_H

#include "abi/acrn.h"
#include "lib/types.h"
#include "mem/addr.h"
#include "mem/stage2.h"
#include "vm/vm.h"

/**
 * Idle until this CPU is kicked; returns at once if it was kicked since the
 * last look. False: the vCPU must stop now.
 */
typedef bool (*ioreq_wait_fn)(struct vcpu *vcpu);

/**
 * HC_SET_IOREQ_BUFFER: use the page at @gpa of the Service VM. All slots
 * are FREE before this returns: a zeroed page reads as all PENDING. -EINVAL:
 * not page aligned, or one is set already; -EFAULT: not RAM of @service.
 */
int ioreq_set_page(struct vm_locked l, struct stage2 *service, gpa_t gpa);

/** Forget all requests of a VM whose vCPUs are parked. */
void ioreq_reset(struct vm *vm);

/** The VM stopped by itself: the page says so, and an upcall tells. */
void ioreq_tell_off(struct vm *vm);

/**
 * Ask the device model. @size 1, 2, 4 (8 for MMIO). A write sends *@val; a
 * read sets it, zero-extended from @size. Returns 0, or -EAGAIN if the vCPU
 * must stop: leave the instruction where it is and execute it again later.
 * A VM with ACRN_VM_IO_POLLING is not kicked: @wait is not called for it.
 */
int ioreq_pio(struct vcpu *vcpu, u16 port, u32 size, bool write, u64 *val,
	      ioreq_wait_fn wait);
int ioreq_mmio(struct vcpu *vcpu, gpa_t gpa, u32 size, bool write, u64 *val,
	       ioreq_wait_fn wait);

/**
 * On the CPU of @vcpu, whose VM has just ended itself: tell the device model
 * as ACRN does, by a last request that switches the machine off at ACPI's
 * PM1a control register. Nobody waits for the answer.
 */
void ioreq_power_off(struct vcpu *vcpu);

/**
 * A request is on its way: the vCPU may run only to execute that same
 * instruction again, so no interrupt, NMI or exception may be injected.
 */
static inline bool ioreq_outstanding(const struct vcpu *vcpu)
{
	return vcpu->ioreq.busy;
}

/** HC_NOTIFY_REQUEST_FINISH: wake the vCPU that waits. From any CPU. */
void ioreq_finish(struct vcpu *vcpu);

#endif
