/* SPDX-License-Identifier: BSD-2-Clause */
/* One User VM, from its creation to the end. */
#ifndef CORE_VM_H
#define CORE_VM_H

#include "core/control.h"
#include "core/cpus.h"
#include "core/ioreq.h"
#include "core/stopper.h"
#include "mem/backing.h"
#include "platform/legacy.h"

/* Exit statuses; documented in --help and README.md. */
enum dm_status { DM_POWEROFF, DM_FAILURE, DM_USAGE, DM_GUEST_DIED };

struct vm_parts;

struct vm {
	const struct vm_config *cfg;
	const struct vm_parts *parts;
	struct vmm *vmm;
	struct cpu_choice cpus;
	struct life life;
	struct guest_mem mem;
	struct backing backing;
	struct bus pio;
	struct bus mmio;
	struct event_loop loop;
	struct stopper stopper;
	struct rundir run;
	struct control control;
	struct legacy legacy;
	struct pci_bus pci;
	struct ioreq_server ioreq;
	u32 resets;
};

/** Choices made outside, so that tests can make them otherwise. */
struct vm_parts {
	struct vmm *vmm;
	/**
	 * Which CPUs, and make them ready to be used; asked again when others
	 * were faster. What it made ready, release gives back.
	 */
	int (*choose)(const struct vm_config *cfg, struct cpu_choice *choice,
		      struct dm_error *err);
	void (*release)(const struct cpu_choice *choice);
	/** Fill mem's segments; mem is split already. */
	int (*mem_alloc)(struct backing *b, struct guest_mem *mem,
			 const char *path, struct dm_error *err);
	void (*mem_free)(struct backing *b);
};

/**
 * Create the VM, run it to its end, remove every trace. Returns the exit
 * status: enum dm_status, or the guest's own through the debug exit port.
 * Failures and the reason for the end are told on stderr.
 */
int vm_main(const struct vm_config *cfg, const struct vm_parts *parts);

#endif
