/* SPDX-License-Identifier: BSD-2-Clause */
/* One hypercall on its way; shared by the families, and by nobody else. */
#ifndef HYPERCALL_CALL_H
#define HYPERCALL_CALL_H

#include "abi/acrn.h"
#include "abi/cell.h"
#include "abi/holm.h"
#include "abi/hypercall.h"
#include "lib/types.h"
#include "vm/memregion.h"
#include "vm/vm.h"

/** A checked HC_SET_VCPU_REGS. */
struct hc_vcpu_state {
	u32 vcpu_id;
	struct guest_regs regs;
	struct guest_sregs sregs;
};

struct hc_regions {
	struct vm_region *r; /* made by decode, freed by release */
	u32 n;
	u64 bytes; /* of the allocation */
};

/**
 * decode() copies what the arguments point at, once, and checks it; act()
 * sees only the copy, and does all or nothing.
 */
struct hc_call {
	struct vcpu *caller;
	u64 arg1;
	u64 arg2;
	u64 vmid;      /* of the target; arg1 unless decode() says otherwise */
	struct vm *vm; /* the target, referenced; NULL: act() gave it up */
	union {
		struct acrn_abi_vm_creation create;
		struct hc_vcpu_state vcpu;
		struct acrn_abi_msi msi;
		struct acrn_abi_intr_monitor monitor;
		struct acrn_abi_ioreq_buffer ioreq;
		struct holm_doorbell bell;
		struct acrn_abi_gpa2hpa gpa2hpa;
		struct hc_regions regions;
		struct holm_query query;
		struct holm_cell_desc *cell; /* freed by release */
		struct holm_cell_load load;
	} u;
};

/** Copy from and to the caller's memory. -EFAULT. */
int hc_read(const struct hc_call *call, u64 gpa, void *dst, u64 len);
int hc_write(const struct hc_call *call, u64 gpa, const void *src, u64 len);

/** The target locked: for the rows of the table that say so. */
static inline struct vm_locked hc_locked(const struct hc_call *call)
{
	return (struct vm_locked){ call->vm };
}

s64 hc_act_api_version(struct hc_call *call);
s64 hc_act_query(struct hc_call *call);
int hc_decode_query(struct hc_call *call);
int hc_decode_trace(struct hc_call *call);
s64 hc_act_trace(struct hc_call *call);

/* The subjects of HC_HOLM_QUERY that hc_map.c and hc_trace.c answer. */
int hc_query_map(struct hc_call *call);
int hc_query_vm_map(struct hc_call *call);
int hc_query_host_map(struct hc_call *call);
int hc_query_trace(struct hc_call *call);

/* hc_debug.c */
#ifdef HOLM_DEBUG
#define HC_DEBUG_BUILD true
#else
#define HC_DEBUG_BUILD false
#endif
s64 hc_act_debug_seed(struct hc_call *call);

/* And those of hc_facts.c. */
int hc_query_vm_ports(struct hc_call *call);
int hc_query_vm_msrs(struct hc_call *call);
int hc_query_pin(struct hc_call *call);
int hc_query_device(struct hc_call *call);
int hc_query_cell_desc(struct hc_call *call);

/** Put @size bytes behind what the answer has already. -EFAULT. */
int hc_query_add(struct hc_call *call, const void *part, u32 size);

s64 hc_act_remove_cpu(struct hc_call *call);
s64 hc_act_return_cpu(struct hc_call *call);
int hc_decode_pm(struct hc_call *call);
s64 hc_act_pm(struct hc_call *call);

int hc_decode_create_vm(struct hc_call *call);
s64 hc_act_create_vm(struct hc_call *call);
s64 hc_act_destroy_vm(struct hc_call *call);
s64 hc_act_start_vm(struct hc_call *call);
s64 hc_act_pause_vm(struct hc_call *call);
s64 hc_act_reset_vm(struct hc_call *call);

s64 hc_act_create_vcpu(struct hc_call *call);
int hc_decode_vcpu_regs(struct hc_call *call);
s64 hc_act_vcpu_regs(struct hc_call *call);

s64 hc_act_callback_vector(struct hc_call *call);
int hc_decode_msi(struct hc_call *call);
s64 hc_act_msi(struct hc_call *call);
int hc_decode_intr_monitor(struct hc_call *call);
s64 hc_act_intr_monitor(struct hc_call *call);
s64 hc_act_irqline(struct hc_call *call);

int hc_decode_ioreq_buffer(struct hc_call *call);
s64 hc_act_ioreq_buffer(struct hc_call *call);
s64 hc_act_ioreq_finish(struct hc_call *call);
int hc_decode_doorbell(struct hc_call *call);
s64 hc_act_doorbell(struct hc_call *call);

int hc_decode_gpa2hpa(struct hc_call *call);
s64 hc_act_gpa2hpa(struct hc_call *call);
int hc_decode_regions(struct hc_call *call);
s64 hc_act_regions(struct hc_call *call);
void hc_release_regions(struct hc_call *call);

int hc_query_cell(struct hc_call *call);
int hc_query_cell_comm(struct hc_call *call);

int hc_decode_cell_create(struct hc_call *call);
s64 hc_act_cell_create(struct hc_call *call);
void hc_release_cell(struct hc_call *call);
int hc_decode_cell_load(struct hc_call *call);
s64 hc_act_cell_load(struct hc_call *call);
s64 hc_act_cell_start(struct hc_call *call);
s64 hc_act_cell_stop(struct hc_call *call);
s64 hc_act_cell_destroy(struct hc_call *call);
s64 hc_act_cell_ask(struct hc_call *call);

#endif
