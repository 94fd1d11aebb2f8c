/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What an audit starts from: what the CPUs walk, not what a policy meant.
 */
#include "cell/cell_pci.h"
#include "guest/x86/direct_ioapic.h"
#include "guest/x86/msr.h"
#include "hypercall/call.h"
#include "lib/errno.h"

#define RUNS 32U
/* As many are looked at in one call; the asker comes again. */
#define NUMBERS_MAX 8192U
#define PORTS       0x10000U

struct runs {
	struct holm_pass r[RUNS];
	u32 n;
	u32 max;
};

static u32 port_flags(const struct vm *vm, u32 port)
{
	bool passes = backend->vm_passes(&vm->hw, HW_PORT, port);

	return passes ? HOLM_PASS_R | HOLM_PASS_W : 0;
}

static u32 msr_flags(const struct vm *vm, u32 msr)
{
	u32 flags = 0;

	if (backend->vm_passes(&vm->hw, HW_MSR_READ, msr))
		flags |= HOLM_PASS_R;
	if (backend->vm_passes(&vm->hw, HW_MSR_WRITE, msr))
		flags |= HOLM_PASS_W;
	return flags;
}

/* Join it to the last run or begin another; false: no more fits. */
static bool add(struct runs *rs, u32 nr, u32 flags)
{
	struct holm_pass *last = rs->n ? &rs->r[rs->n - 1] : NULL;

	if (last && last->first + last->count == nr && last->flags == flags) {
		last->count++;
		return true;
	}
	if (rs->n == rs->max)
		return false;
	rs->r[rs->n++] = (struct holm_pass){
		.first = nr,
		.count = 1,
		.flags = flags,
	};
	return true;
}

static u64 next_port(u64 from)
{
	return from < PORTS ? from : ADDR_NONE;
}

/* The numbers of one space; next() gives the first from there on. */
static int answer(struct hc_call *call, u64 (*next)(u64 from),
		  u32 (*flags)(const struct vm *vm, u32 nr))
{
	const struct holm_query *q = &call->u.query;
	struct runs rs = { .max = MIN(RUNS, q->len / (u32)sizeof(rs.r[0])) };
	u64 nr = next(call->arg2);
	struct vm *vm;
	bool more;

	if (nr == ADDR_NONE)
		return -ENOENT;
	vm = vm_get_slot(q->index, &more);
	if (!vm)
		return -ENOENT;
	for (u32 i = 0; i < NUMBERS_MAX && nr != ADDR_NONE; i++) {
		if (!add(&rs, (u32)nr, flags(vm, (u32)nr)))
			break;
		nr = next(nr + 1);
	}
	vm_put(vm);
	return hc_query_add(call, rs.r, rs.n * (u32)sizeof(rs.r[0]));
}

int hc_query_vm_ports(struct hc_call *call)
{
	return answer(call, next_port, port_flags);
}

int hc_query_vm_msrs(struct hc_call *call)
{
	return answer(call, msr_space_next, msr_flags);
}

int hc_query_pin(struct hc_call *call)
{
	struct holm_pin pin;

	if (!direct_ioapic_pin(call->u.query.index, &pin))
		return -ENOENT;
	return hc_query_add(call, &pin, sizeof(pin));
}

int hc_query_device(struct hc_call *call)
{
	struct holm_device out;
	const struct cell *c;
	struct vm *vm;
	bool more, is = false;

	vm = vm_get_slot(call->u.query.index, &more);
	if (!vm)
		return -ENOENT;
	c = __atomic_load_n(&vm->cell, __ATOMIC_ACQUIRE);
	if (c && call->arg2 <= ~(u32)0)
		is = cell_pci_facts(c, (u32)call->arg2, &out);
	vm_put(vm);
	return is ? hc_query_add(call, &out, sizeof(out)) : -ENOENT;
}

static int add_desc(struct hc_call *call, const struct holm_cell_desc *d)
{
	const u64 from = call->arg2;

	if (from >= d->size)
		return -ENOENT;
	return hc_query_add(call, (const u8 *)d + from, d->size - (u32)from);
}

int hc_query_cell_desc(struct hc_call *call)
{
	const struct cell *c;
	struct vm *vm;
	int rc = -ENOENT;
	bool more;

	vm = vm_get_slot(call->u.query.index, &more);
	if (!vm)
		return -ENOENT;
	/* It lives as long as its VM is referenced. */
	c = __atomic_load_n(&vm->cell, __ATOMIC_ACQUIRE);
	if (c)
		rc = add_desc(call, c->desc);
	vm_put(vm);
	return rc;
}
