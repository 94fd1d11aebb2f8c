/* SPDX-License-Identifier: BSD-2-Clause */
/* Changes to what a User VM's memory is made of, in batches. */
#ifndef VM_MEMREGION_H
#define VM_MEMREGION_H

#include "lib/types.h"
#include "mem/addr.h"
#include "vm/vm.h"

/** User VM addresses end here: what four levels of stage 2 can map. */
#define VM_GPA_LIMIT BIT64(48)

/** More changes than this in one batch are refused. */
#define VM_REGIONS_MAX 65536U

enum vm_region_op { VM_REGION_ADD, VM_REGION_DEL };

struct vm_region {
	enum vm_region_op op;
	u32 attr; /* PT_*; unused by DEL */
	gpa_t gpa; /* of the User VM */
	gpa_t donor; /* of the Service VM; unused by DEL */
	u64 size;
};

/**
 * Check one change by itself: 4 KiB multiples, not empty, no wrap, below
 * VM_GPA_LIMIT, clear of the interrupt controllers' pages. -EINVAL.
 */
int vm_region_check(const struct vm_region *r);

/**
 * Apply @n checked changes, all of one kind, to a User VM: all or none.
 * Its vCPUs are parked meanwhile. ADD takes pages of @donor: with a memory
 * type other than UC they must be RAM there; with UC, mapped at all.
 * -EPERM in state DYING; -EINVAL if both kinds are in the batch; -EFAULT: a
 * page is not the donor's to give; -EEXIST: the User VM has something
 * there; -ENOMEM.
 */
int vm_regions_apply(struct vm_locked l, struct stage2 *donor,
		     const struct vm_region *r, u32 n);

#endif
