/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The seam to the hypervisor: what a VM's life needs, as a table. The real
 * one is core/hsm.c (/dev/acrn_hsm), the other one the tests' mock. All
 * functions return 0 or a negative errno and may be called from any thread.
 */
#ifndef CORE_VMM_H
#define CORE_VMM_H

#include "core/types.h"

#include <linux/acrn.h>

/* Lines of SET_IRQLINE; the operation stands in bits 63:32. */
enum irqline_op { IRQLINE_HIGH, IRQLINE_LOW, IRQLINE_RISE, IRQLINE_FALL };

struct vmm;

/* clang-format off */
struct vmm_ops {
	int (*create)(struct vmm *vmm, struct acrn_vm_creation *c);
	int (*destroy)(struct vmm *vmm);
	int (*start)(struct vmm *vmm);
	int (*pause)(struct vmm *vmm);
	int (*reset)(struct vmm *vmm);
	int (*set_regs)(struct vmm *vmm, const struct acrn_vcpu_regs *regs);
	int (*set_memseg)(struct vmm *vmm, const struct acrn_vm_memmap *map);
	int (*client_create)(struct vmm *vmm);
	int (*client_destroy)(struct vmm *vmm);
	/** Blocks until there is a request (0), a signal (0 or -EINTR) or the
	 *  VM is gone (-ENODEV and others). */
	int (*attach)(struct vmm *vmm);
	int (*notify)(struct vmm *vmm, const struct acrn_ioreq_notify *n);
	/** notify() for each slot of done, a bit each, then attach(): the slots
	 *  to serve, or an error. -ENOTTY: the driver has only the two. */
	int (*serve)(struct vmm *vmm, u32 done);
	int (*clear_ioreq)(struct vmm *vmm);
	int (*irqline)(struct vmm *vmm, u32 gsi, enum irqline_op op);
	int (*msi)(struct vmm *vmm, const struct acrn_msi_entry *msi);
	/** Events instead of calls. NULL: not there; callers do without. */
	int (*ioeventfd)(struct vmm *vmm, const struct acrn_ioeventfd *args);
	int (*irqfd)(struct vmm *vmm, const struct acrn_irqfd *args);
};
/* clang-format on */

/* Implementations embed this as their first member. */
struct vmm {
	const struct vmm_ops *ops;
};

#endif
