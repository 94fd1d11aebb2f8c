/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The structures that ACRN's hypercalls point at, as Linux's driver for it
 * lays them out (<linux/acrn.h>; the sizes and offsets asserted below are
 * that header's). Addresses are Service VM guest-physical unless said
 * otherwise; vmid is relative: 0 is the Service VM.
 */
#ifndef ABI_ACRN_H
#define ABI_ACRN_H

#include "abi_types.h"

#define ACRN_ABI_MAJOR    1
#define ACRN_ABI_MINOR    0
#define ACRN_VMID_INVALID 0xffffU

/** HC_GET_API_VERSION, written. */
struct acrn_abi_version {
	ABI_U32 major;
	ABI_U32 minor;
};

#define ACRN_NAME_LEN 16

/** HC_CREATE_VM: read; vmid and vcpu_num are written back. */
struct acrn_abi_vm_creation {
	ABI_U16 vmid;
	ABI_U16 reserved0;
	ABI_U16 vcpu_num; /* wanted, if cpu_affinity is 0 */
	ABI_U16 reserved1;
	ABI_U8 name[ACRN_NAME_LEN]; /* "uuid" in older headers */
	ABI_U64 vm_flag;
	ABI_U64 ioreq_buf;    /* the driver's own, ignored */
	ABI_U64 cpu_affinity; /* bit n: CPU n */
};

/* Bits of vm_flag. */
#define ACRN_VM_SECURE_WORLD 0x01U
#define ACRN_VM_LAPIC_PT     0x02U
#define ACRN_VM_IO_POLLING   0x04U
#define ACRN_VM_HIDE_MTRR    0x08U
#define ACRN_VM_RT           0x10U

/** General registers, in instruction-encoding order. */
struct acrn_abi_gprs {
	ABI_U64 r[16];
};

struct acrn_abi_dtr {
	ABI_U16 limit;
	ABI_U64 base;
	ABI_U16 reserved[3];
} __attribute__((packed));

struct acrn_abi_regs {
	struct acrn_abi_gprs gprs;
	struct acrn_abi_dtr gdt;
	struct acrn_abi_dtr idt;
	ABI_U64 rip;
	ABI_U64 cs_base;
	ABI_U64 cr0;
	ABI_U64 cr4;
	ABI_U64 cr3;
	ABI_U64 efer;
	ABI_U64 rflags;
	ABI_U64 reserved_64[4];
	ABI_U32 cs_ar; /* VMX access-rights layout, 16 bits used */
	ABI_U32 cs_limit;
	ABI_U32 reserved_32[3];
	ABI_U16 cs_sel;
	ABI_U16 ss_sel;
	ABI_U16 ds_sel;
	ABI_U16 es_sel;
	ABI_U16 fs_sel;
	ABI_U16 gs_sel;
	ABI_U16 ldt_sel;
	ABI_U16 tr_sel;
};

/** HC_SET_VCPU_REGS, read. */
struct acrn_abi_vcpu_regs {
	ABI_U16 vcpu_id;
	ABI_U16 reserved[3];
	struct acrn_abi_regs regs;
};

/** HC_INJECT_MSI, read. */
struct acrn_abi_msi {
	ABI_U64 addr;
	ABI_U64 data;
};

/* HC_SET_IRQLINE: RSI = gsi | op << 32. */
#define ACRN_IRQLINE_HIGH    0U
#define ACRN_IRQLINE_LOW     1U
#define ACRN_IRQLINE_RAISING 2U
#define ACRN_IRQLINE_FALLING 3U

#define ACRN_INTR_WORDS 48U
#define ACRN_INTR_GET   0U
#define ACRN_INTR_DELAY 1U

/** HC_VM_INTR_MONITOR: read; written back by ACRN_INTR_GET. */
struct acrn_abi_intr_monitor {
	ABI_U32 cmd;                     /* ACRN_INTR_* */
	ABI_U32 buf_cnt;                 /* words of buffer used */
	ABI_U64 buffer[ACRN_INTR_WORDS]; /* pairs: irq, count */
};

/** HC_SET_IOREQ_BUFFER, read. */
struct acrn_abi_ioreq_buffer {
	ABI_U64 page_gpa;
};

/** HC_VM_GPA2HPA: gpa is read, hpa written. */
struct acrn_abi_gpa2hpa {
	ABI_U64 gpa;
	ABI_U64 hpa;
};

/** HC_VM_SET_MEMORY_REGIONS, read. */
struct acrn_abi_region_batch {
	ABI_U16 vmid;
	ABI_U16 reserved0[3];
	ABI_U32 regions_num;
	ABI_U32 reserved1;
	ABI_U64 regions_gpa; /* array of struct acrn_abi_region */
};

struct acrn_abi_region {
	ABI_U32 type; /* ACRN_REGION_* */
	ABI_U32 attr; /* ACRN_MEM_* */
	ABI_U64 user_gpa;
	ABI_U64 service_gpa;
	ABI_U64 size; /* bytes, a multiple of 4 KiB */
};

#define ACRN_REGION_ADD    0U
#define ACRN_REGION_DEL    2U
#define ACRN_REGION_MODIFY 3U /* upstream deletes, so do we */

/*
 * Attributes, under names of their own: user space that includes this
 * header has the originals from <linux/acrn.h>.
 */
#define ACRN_ATTR_READ  0x001U
#define ACRN_ATTR_WRITE 0x002U
#define ACRN_ATTR_EXEC  0x004U
#define ACRN_ATTR_WB    0x040U
#define ACRN_ATTR_WT    0x080U
#define ACRN_ATTR_UC    0x100U
#define ACRN_ATTR_WC    0x200U
#define ACRN_ATTR_WP    0x400U
#define ACRN_ATTR_TYPES 0x7c0U

/* HC_PM_GET_CPU_STATE: RDI = vmid << 24 | vcpu << 16 | num << 8 | type. */
#define ACRN_PM_PX_CNT  0U
#define ACRN_PM_PX_DATA 1U
#define ACRN_PM_CX_CNT  2U
#define ACRN_PM_CX_DATA 3U

/*
 * The request page: 16 slots, one for each vCPU. FREE and COMPLETE slots
 * are the hypervisor's, the others the Service VM's.
 */
#define ACRN_IOREQ_SLOTS     16U
#define ACRN_IOREQ_SLOT_SIZE 256U

#define ACRN_IOREQ_PENDING    0U
#define ACRN_IOREQ_COMPLETE   1U
#define ACRN_IOREQ_PROCESSING 2U
#define ACRN_IOREQ_FREE       3U

#define ACRN_IOREQ_PIO  0U
#define ACRN_IOREQ_MMIO 1U
#define ACRN_IOREQ_PCI  2U /* made of PIO by the driver */

#define ACRN_IOREQ_READ  0U
#define ACRN_IOREQ_WRITE 1U

/** A port or memory access; a port's value is the low half of @value. */
struct acrn_abi_access {
	ABI_U32 direction;
	ABI_U32 reserved;
	ABI_U64 address;
	ABI_U64 size;
	ABI_U64 value;
};

struct acrn_abi_ioreq {
	ABI_U32 type;
	ABI_U32 polling; /* no HC_NOTIFY_REQUEST_FINISH comes */
	ABI_U32 reserved0[14];
	union {
		struct acrn_abi_access access;
		ABI_U64 data[8];
	} u;
	ABI_U32 reserved1;
	ABI_U32 kernel_handled;
	ABI_U32 state;
	/* Holm's own, of the bytes that ACRN leaves unused: abi/holm.h. */
	ABI_U32 rung;    /* of slot 0: some doorbell rang */
	ABI_U32 bell[8]; /* of slot n: doorbells from 8 n on rang */
	ABI_U32 off;     /* of slot 0: the VM stopped by itself */
	ABI_U32 reserved2[19];
};

#ifndef __KERNEL__
#include <stddef.h>
#define ABI_ASSERT(cond) _Static_assert(cond, #cond)
#define ABI_AT(type, member, at) \
	ABI_ASSERT(offsetof(struct type, member) == (at))

ABI_ASSERT(sizeof(struct acrn_abi_vm_creation) == 48);
ABI_AT(acrn_abi_vm_creation, vcpu_num, 4);
ABI_AT(acrn_abi_vm_creation, name, 8);
ABI_AT(acrn_abi_vm_creation, vm_flag, 24);
ABI_AT(acrn_abi_vm_creation, cpu_affinity, 40);
ABI_ASSERT(sizeof(struct acrn_abi_dtr) == 16);
ABI_ASSERT(sizeof(struct acrn_abi_regs) == 288);
ABI_AT(acrn_abi_regs, gdt, 128);
ABI_AT(acrn_abi_regs, rip, 160);
ABI_AT(acrn_abi_regs, cr0, 176);
ABI_AT(acrn_abi_regs, cr4, 184);
ABI_AT(acrn_abi_regs, cr3, 192);
ABI_AT(acrn_abi_regs, efer, 200);
ABI_AT(acrn_abi_regs, rflags, 208);
ABI_AT(acrn_abi_regs, cs_ar, 248);
ABI_AT(acrn_abi_regs, cs_sel, 268);
ABI_AT(acrn_abi_regs, tr_sel, 282);
ABI_ASSERT(sizeof(struct acrn_abi_vcpu_regs) == 296);
ABI_AT(acrn_abi_vcpu_regs, regs, 8);
ABI_ASSERT(sizeof(struct acrn_abi_msi) == 16);
ABI_ASSERT(sizeof(struct acrn_abi_intr_monitor) == 392);
ABI_ASSERT(sizeof(struct acrn_abi_region_batch) == 24);
ABI_AT(acrn_abi_region_batch, regions_num, 8);
ABI_AT(acrn_abi_region_batch, regions_gpa, 16);
ABI_ASSERT(sizeof(struct acrn_abi_region) == 32);
ABI_ASSERT(sizeof(struct acrn_abi_access) == 32);
ABI_ASSERT(sizeof(struct acrn_abi_ioreq) == ACRN_IOREQ_SLOT_SIZE);
ABI_AT(acrn_abi_ioreq, u, 64);
ABI_AT(acrn_abi_ioreq, kernel_handled, 132);
ABI_AT(acrn_abi_ioreq, state, 136);
ABI_AT(acrn_abi_ioreq, rung, 140);
ABI_AT(acrn_abi_ioreq, bell, 144);
#endif

#endif
