/* SPDX-License-Identifier: BSD-2-Clause */
/* Shared by the files that keep the VMs, and by nobody else. */
#ifndef VM_VM_INTERNAL_H
#define VM_VM_INTERNAL_H

#include "vm/vm.h"

/** All that is not of one VM. */
struct vm_world {
	struct spinlock lock; /* the list lock: what follows */
	struct vm *head;      /* by rising slot */
	u32 count;
	u64 reserved; /* bit n: CPU n is for a VM in the making */
	/*
	 * One CPU at a time is taken from the Service VM. Only ever tried:
	 * its holder waits for a Service CPU, which may be where another
	 * hypercall would wait for it.
	 */
	struct spinlock handover;
	/* Constant after start. */
	struct vm *service;
	struct page_pool *pool;
	const struct guest_ops *ops;
};

extern struct vm_world vm_world;

/** CPUs that vm->cpus and the ABI's affinity mask can name. */
#define VM_CPUS_MAX 64U

/**
 * Set aside the CPUs of @params, or choose some. *@cpus, *@n: which and how
 * many. Errors of vm_create().
 */
int vm_cpus_reserve(const struct vm_params *params, u64 *cpus, u32 *n);
void vm_cpus_unreserve(u64 cpus);

/** Give the reserved CPUs their vCPUs, list @vm in the lowest free slot. */
void vm_list_add(struct vm *vm);

/** Unlist @vm, wait until only the caller has a reference, free its CPUs. */
void vm_list_remove(struct vm *vm);

#endif
