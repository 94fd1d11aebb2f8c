/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Doorbells: writes of a User VM that only tell its device model to look. The
 * driver names them (HC_HOLM_DOORBELL); such a write is noted in the request
 * page, the Service VM is told, and the vCPU goes on at once.
 */
#ifndef IO_DOORBELL_H
#define IO_DOORBELL_H

#include "abi/holm.h"
#include "lib/types.h"
#include "mem/addr.h"
#include "vm/vm.h"

/**
 * Install or remove what @d says, already checked by doorbell_check().
 * -EPERM: the VM has no request page; -EEXIST, -ENOENT: the index is in use,
 * or is not; -ENOMEM. When it is removed no vCPU rings it any more.
 */
int doorbell_set(struct vm_locked l, const struct holm_doorbell *d);

/** -EINVAL: an index, a length, a kind or a flag that there is not. */
int doorbell_check(const struct holm_doorbell *d);

/** All are gone. The VM's vCPUs are parked for good. */
void doorbells_free(struct vm *vm);

/** doorbell_ring() for a VM that has some. */
bool doorbell_find_and_ring(struct vm *vm, u32 type, u64 addr, u32 size,
			    u64 val);

/**
 * A write of @size bytes of @val at @addr, ACRN_IOREQ_PIO or _MMIO, from any
 * CPU that runs @vm. True: it was a doorbell, nothing else is to be done.
 */
static inline bool doorbell_ring(struct vm *vm, u32 type, u64 addr, u32 size,
				 u64 val)
{
	return __atomic_load_n(&vm->bells, __ATOMIC_ACQUIRE) &&
	       doorbell_find_and_ring(vm, type, addr, size, val);
}

#endif
