/* SPDX-License-Identifier: BSD-2-Clause */
#include "hypercall/hypercall.h"

#include "hypercall/call.h"
#include "lib/errno.h"
#include "mem/guestmem.h"

/** What a call works on. */
enum hc_target {
	HC_NONE,      /* no VM */
	HC_VM,        /* a User VM, referenced */
	HC_VM_LOCKED, /* a User VM, its lock held while act() runs */
	HC_ANY_VM,    /* any VM, referenced */
	HC_CELL,      /* a cell, referenced */
	HC_CELL_LOCKED,
};

/** Who may call. */
enum hc_who { HC_SERVICE };

struct hc_row {
	u32 nr;
	enum hc_who who;
	enum hc_target target;
	int (*decode)(struct hc_call *call); /* NULL: nothing to copy */
	s64 (*act)(struct hc_call *call);
	void (*release)(struct hc_call *call); /* undoes decode() */
	const char *doc;
};

/* X(name, who, target, decode, act, release, doc) */
/* clang-format off */
#define HC_ROWS(X)							\
	X(GET_API_VERSION, SERVICE, NONE,				\
	  NULL, hc_act_api_version, NULL,				\
	  "write {1, 0} at RDI")					\
	X(SOS_REMOVE_CPU, SERVICE, NONE,				\
	  NULL, hc_act_remove_cpu, NULL,				\
	  "take the offline CPU with LAPIC id RDI")			\
	X(SET_CALLBACK_VECTOR, SERVICE, NONE,				\
	  NULL, hc_act_callback_vector, NULL,				\
	  "RDI is the vector of the upcall")				\
	X(CREATE_VM, SERVICE, NONE,					\
	  hc_decode_create_vm, hc_act_create_vm, NULL,			\
	  "RDI: acrn_abi_vm_creation, in and out")			\
	X(DESTROY_VM, SERVICE, VM,					\
	  NULL, hc_act_destroy_vm, NULL,				\
	  "RDI: vmid, in any state")					\
	X(START_VM, SERVICE, VM_LOCKED,					\
	  NULL, hc_act_start_vm, NULL,					\
	  "RDI: vmid, CREATED with a request page, or PAUSED")		\
	X(PAUSE_VM, SERVICE, VM_LOCKED,					\
	  NULL, hc_act_pause_vm, NULL,					\
	  "RDI: vmid; its vCPUs are out of the guest on return")	\
	X(CREATE_VCPU, SERVICE, VM,					\
	  NULL, hc_act_create_vcpu, NULL,				\
	  "RDI: vmid; CREATE_VM made the vCPUs, nothing is left to do")	\
	X(RESET_VM, SERVICE, VM_LOCKED,					\
	  NULL, hc_act_reset_vm, NULL,					\
	  "RDI: vmid, PAUSED or OFF")					\
	X(SET_VCPU_REGS, SERVICE, VM_LOCKED,				\
	  hc_decode_vcpu_regs, hc_act_vcpu_regs, NULL,			\
	  "RDI: vmid, not RUNNING; RSI: acrn_abi_vcpu_regs")		\
	X(INJECT_MSI, SERVICE, VM,					\
	  hc_decode_msi, hc_act_msi, NULL,				\
	  "RDI: vmid; RSI: acrn_abi_msi")				\
	X(VM_INTR_MONITOR, SERVICE, VM,					\
	  hc_decode_intr_monitor, hc_act_intr_monitor, NULL,		\
	  "RDI: vmid; RSI: acrn_abi_intr_monitor, in and out")		\
	X(SET_IRQLINE, SERVICE, VM,					\
	  NULL, hc_act_irqline, NULL,					\
	  "RDI: vmid; RSI: gsi | op << 32")				\
	X(SET_IOREQ_BUFFER, SERVICE, VM_LOCKED,				\
	  hc_decode_ioreq_buffer, hc_act_ioreq_buffer, NULL,		\
	  "RDI: vmid, CREATED; RSI: acrn_abi_ioreq_buffer")		\
	X(NOTIFY_REQUEST_FINISH, SERVICE, VM,				\
	  NULL, hc_act_ioreq_finish, NULL,				\
	  "RDI: vmid; RSI: vCPU id")					\
	X(VM_GPA2HPA, SERVICE, ANY_VM,					\
	  hc_decode_gpa2hpa, hc_act_gpa2hpa, NULL,			\
	  "RDI: vmid; RSI: acrn_abi_gpa2hpa, in and out")		\
	X(VM_SET_MEMORY_REGIONS, SERVICE, VM_LOCKED,			\
	  hc_decode_regions, hc_act_regions, hc_release_regions,	\
	  "RDI: acrn_abi_region_batch; all adds or all deletes")	\
	X(PM_GET_CPU_STATE, SERVICE, VM,				\
	  hc_decode_pm, hc_act_pm, NULL,				\
	  "RDI: vmid << 24 | vcpu << 16 | num << 8 | type")		\
	X(HOLM_QUERY, SERVICE, NONE,					\
	  hc_decode_query, hc_act_query, NULL,				\
	  "RDI: holm_query, in and out; RSI: where to begin")		\
	X(HOLM_RETURN_CPU, SERVICE, NONE,				\
	  NULL, hc_act_return_cpu, NULL,				\
	  "give back the CPU with LAPIC id RDI")			\
	X(HOLM_TRACE, SERVICE, NONE,					\
	  hc_decode_trace, hc_act_trace, NULL,				\
	  "RDI: the events to trace, a bit each")			\
	X(HOLM_DOORBELL, SERVICE, VM_LOCKED,				\
	  hc_decode_doorbell, hc_act_doorbell, NULL,			\
	  "RDI: vmid; RSI: holm_doorbell")				\
	X(HOLM_CELL_CREATE, SERVICE, NONE,				\
	  hc_decode_cell_create, hc_act_cell_create, hc_release_cell,	\
	  "RDI: holm_cell_desc of RSI bytes; returns the id")		\
	X(HOLM_CELL_LOAD, SERVICE, CELL_LOCKED,				\
	  hc_decode_cell_load, hc_act_cell_load, NULL,			\
	  "RDI: holm_cell_load")					\
	X(HOLM_CELL_START, SERVICE, CELL_LOCKED,			\
	  NULL, hc_act_cell_start, NULL,				\
	  "RDI: id of a cell that is shut down")			\
	X(HOLM_CELL_STOP, SERVICE, CELL_LOCKED,				\
	  NULL, hc_act_cell_stop, NULL,					\
	  "RDI: id; its CPUs are out of the guest on return")		\
	X(HOLM_CELL_DESTROY, SERVICE, CELL,				\
	  NULL, hc_act_cell_destroy, NULL,				\
	  "RDI: id, in any state; RSI: HOLM_CELL_FORCE or 0")		\
	X(HOLM_CELL_ASK, SERVICE, CELL_LOCKED,				\
	  NULL, hc_act_cell_ask, NULL,					\
	  "RDI: id; RSI: message, see abi/cell_comm.h")	\
	X(HOLM_DEBUG_SEED, SERVICE, ANY_VM,				\
	  NULL, hc_act_debug_seed, NULL,				\
	  "RDI: vmid; RSI: a hole to make or mend; debug builds only")
/* clang-format on */

#define HC_ROW(name, who, target, decode, act, release, doc) \
	{ HC_##name, HC_##who, HC_##target, decode, act, release, doc },
static const struct hc_row hc_rows[] = { HC_ROWS(HC_ROW) };

#define HC_ROW_NR(name, who, target, decode, act, release, doc) ROW_##name,
enum hc_row_nr { HC_ROWS(HC_ROW_NR) ROW_COUNT };

/* By the low byte of the number: row + 1. */
#define HC_INDEX(name, who, target, decode, act, release, doc) \
	[HC_##name & 0xff] = ROW_##name + 1,
static const u8 hc_index[256] = { HC_ROWS(HC_INDEX) };

_Static_assert(ARRAY_SIZE(hc_rows) == ROW_COUNT, "one row each");

static const struct hc_row *hc_find(u32 nr)
{
	u8 index = hc_index[nr & 0xff];

	if (index == 0 || hc_rows[index - 1].nr != nr)
		return NULL;
	return &hc_rows[index - 1];
}

/** Numbers that nobody defined are the Service VM's to ask for in vain. */
static bool hc_may_call(const struct hc_row *row, const struct vm *vm)
{
	if (!row || row->who == HC_SERVICE)
		return vm->kind == VM_SERVICE;
	return true;
}

int hc_read(const struct hc_call *call, u64 gpa, void *dst, u64 len)
{
	return guestmem_read(&call->caller->vm->s2, GPA(gpa), dst, len);
}

int hc_write(const struct hc_call *call, u64 gpa, const void *src, u64 len)
{
	return guestmem_write(&call->caller->vm->s2, GPA(gpa), src, len);
}

/** What a call may work on, and what it is told of anything else. */
static const struct {
	bool cell;
	bool any;
	bool locked;
	s64 none;
} hc_targets[] = {
	[HC_VM] = { .none = -ENOTTY },
	[HC_VM_LOCKED] = { .locked = true, .none = -ENOTTY },
	[HC_ANY_VM] = { .any = true, .none = -ENOTTY },
	[HC_CELL] = { .cell = true, .none = -ENOENT },
	[HC_CELL_LOCKED] = { .cell = true, .locked = true, .none = -ENOENT },
};

/* A cell is nobody's before it has all that it asked for. */
static bool hc_target_fits(const struct hc_row *row, const struct vm *vm)
{
	if (hc_targets[row->target].any)
		return true;
	if (hc_targets[row->target].cell)
		return __atomic_load_n(&vm->cell, __ATOMIC_ACQUIRE);
	return vm->kind == VM_USER;
}

static s64 hc_act_on_vm(const struct hc_row *row, struct hc_call *call)
{
	struct vm *vm = vm_get(call->vmid);
	s64 rc = hc_targets[row->target].none;

	if (!vm)
		return rc;
	call->vm = vm;
	if (!hc_target_fits(row, vm)) {
		vm_put(vm);
		return rc;
	}
	if (!hc_targets[row->target].locked)
		rc = row->act(call);
	else {
		vm_lock(vm);
		rc = row->act(call);
		vm_unlock(hc_locked(call));
	}
	if (call->vm)
		vm_put(vm);
	return rc;
}

static s64 hc_do(const struct hc_row *row, struct vcpu *caller, u64 arg1,
		 u64 arg2)
{
	struct hc_call call;
	s64 rc = 0;

	call.caller = caller;
	call.arg1 = arg1;
	call.arg2 = arg2;
	call.vmid = arg1;
	call.vm = NULL;
	if (row->decode)
		rc = row->decode(&call);
	if (rc)
		return rc;
	rc = row->target == HC_NONE ? row->act(&call)
				    : hc_act_on_vm(row, &call);
	if (row->release)
		row->release(&call);
	return rc;
}

s64 hypercall_dispatch(struct vcpu *caller, u32 nr, u64 arg1, u64 arg2,
		       bool *inject_ud)
{
	const struct hc_row *row = hc_find(nr);
	s64 rc;

	*inject_ud = !hc_may_call(row, caller->vm);
	if (*inject_ud) {
		vm_deny(caller, HOLM_CELL_DENY_HYPERCALL, nr);
		return 0;
	}
	if (!row)
		return -ENOTTY;
	rc = hc_do(row, caller, arg1, arg2);
	trace(HOLM_TRACE_HYPERCALL, vcpu_who(caller), nr, (u64)rc, 0);
	return rc;
}
