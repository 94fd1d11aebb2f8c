/* SPDX-License-Identifier: BSD-2-Clause */
/* Cells; abi/cell.h says what each call does. */
#include "cell/cell.h"
#include "core/log.h"
#include "hypercall/call.h"
#include "lib/errno.h"
#include "lib/string.h"

int hc_decode_cell_create(struct hc_call *call)
{
	u64 size = call->arg2;
	int rc;

	if (size < sizeof(struct holm_cell_desc))
		return -EINVAL;
	if (size > HOLM_CELL_MAX)
		return -E2BIG;
	call->u.cell = vm_mem_alloc(size);
	if (!call->u.cell)
		return -ENOMEM;
	rc = hc_read(call, call->arg1, call->u.cell, size);
	if (rc == 0)
		rc = cell_desc_check(call->u.cell, size);
	if (rc)
		vm_mem_free(call->u.cell, size);
	return rc;
}

void hc_release_cell(struct hc_call *call)
{
	vm_mem_free(call->u.cell, call->arg2);
}

s64 hc_act_cell_create(struct hc_call *call)
{
	u32 id;
	int rc = cell_create(call->u.cell, &id);

	if (rc)
		return rc;
	call->u.cell = NULL; /* the cell's now */
	return id;
}

int hc_decode_cell_load(struct hc_call *call)
{
	struct holm_cell_load *load = &call->u.load;
	int rc = hc_read(call, call->arg1, load, sizeof(*load));

	if (rc)
		return rc;
	if (load->reserved || !range_valid(load->from, load->size) ||
	    !range_valid(load->to, load->size)) {
		log_guest("cell: load %llx+%llx: empty, or beyond 2^64",
			  (unsigned long long)load->to,
			  (unsigned long long)load->size);
		return -EINVAL;
	}
	call->vmid = load->id;
	return 0;
}

s64 hc_act_cell_load(struct hc_call *call)
{
	return cell_load(hc_locked(call), &call->u.load);
}

s64 hc_act_cell_start(struct hc_call *call)
{
	return cell_start(hc_locked(call));
}

s64 hc_act_cell_stop(struct hc_call *call)
{
	return cell_stop(hc_locked(call));
}

s64 hc_act_cell_destroy(struct hc_call *call)
{
	struct vm *vm = call->vm;

	call->vm = NULL;
	return cell_destroy(vm, call->arg2 & HOLM_CELL_FORCE);
}

s64 hc_act_cell_ask(struct hc_call *call)
{
	return cell_comm_ask(hc_locked(call), (u32)call->arg2);
}

_Static_assert((u32)HOLM_CELL_DENY_COUNT <= HOLM_CELL_DENY_SLOTS, "ABI");

static void fill(struct vm *vm, struct holm_cell *out)
{
	*out = (struct holm_cell){
		.id = vm->vmid,
		.state = cell_state(vm),
		.cpus = vm->cpus,
		.last_denied = vm->denied_value,
		.last_reason = vm->denied_last,
	};
	memcpy(out->name, vm->name, sizeof(out->name));
	memcpy(out->denied, vm->denied, sizeof(vm->denied));
	spin_lock(&vm->s2.lock);
	out->mem_bytes = vm->s2.ram_bytes;
	spin_unlock(&vm->s2.lock);
}

/* A slot that no cell has: id 0, which is the Service VM's. */
int hc_query_cell(struct hc_call *call)
{
	struct holm_cell out = { 0 };
	bool more;
	struct vm *vm = vm_get_slot(call->u.query.index, &more);

	if (!vm && !more)
		return -ENOENT;
	if (vm && __atomic_load_n(&vm->cell, __ATOMIC_ACQUIRE))
		fill(vm, &out);
	if (vm)
		vm_put(vm);
	return hc_query_add(call, &out, sizeof(out));
}

int hc_query_cell_comm(struct hc_call *call)
{
	struct cell *c = NULL;
	int rc = -ENOENT;
	bool more;
	struct vm *vm = vm_get_slot(call->u.query.index, &more);

	if (!vm)
		return rc;
	c = __atomic_load_n(&vm->cell, __ATOMIC_ACQUIRE);
	/* The reference keeps the page; what the cell writes now, comes too. */
	if (c && c->comm)
		rc = hc_query_add(call, c->comm, sizeof(*c->comm));
	vm_put(vm);
	return rc;
}
