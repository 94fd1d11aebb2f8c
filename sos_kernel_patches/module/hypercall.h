/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* Calls into the hypervisor: numbers, and structures that only they use. */
#ifndef HSM_HYPERCALL_H
#define HSM_HYPERCALL_H

#include <linux/build_bug.h>
#include <linux/types.h>

#include "abi/hypercall.h"
#include "hcall.h"

/* ACRN's numbers for what abi/hypercall.h does not name: devices. */
#define HC_SET_PTDEV_INTR   HC_ID(0x53)
#define HC_RESET_PTDEV_INTR HC_ID(0x54)
#define HC_ASSIGN_PCIDEV    HC_ID(0x55)
#define HC_DEASSIGN_PCIDEV  HC_ID(0x56)
#define HC_ASSIGN_MMIODEV   HC_ID(0x57)
#define HC_DEASSIGN_MMIODEV HC_ID(0x58)
#define HC_CREATE_VDEV      HC_ID(0x59)
#define HC_DESTROY_VDEV     HC_ID(0x5a)

#define HSM_MEM_ADD 0
#define HSM_MEM_DEL 2

/* One entry of HC_VM_SET_MEMORY_REGIONS; addresses and size in bytes. */
struct hsm_mem_op {
	u32 type;
	u32 attr;
	u64 user_vm_pa;
	u64 service_vm_pa;
	u64 size;
};

static_assert(sizeof(struct hsm_mem_op) == 32);

/* What HC_VM_SET_MEMORY_REGIONS points at. */
struct hsm_mem_batch {
	u16 vmid;
	u16 reserved[3];
	u32 regions_num;
	u32 reserved1;
	u64 regions_gpa;
};

static_assert(sizeof(struct hsm_mem_batch) == 24);

#endif
