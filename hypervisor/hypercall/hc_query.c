/* SPDX-License-Identifier: BSD-2-Clause */
/* What Holm tells of itself. */
#include "core/log.h"
#include "hypercall/call.h"
#include "hypercall/hypercall.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/pool.h"

static struct holm_info info_fixed; /* written at start only */

void hypercall_set_info(const struct holm_info *info)
{
	info_fixed = *info;
}

s64 hc_act_api_version(struct hc_call *call)
{
	static const struct acrn_abi_version version = {
		.major = ACRN_ABI_MAJOR,
		.minor = ACRN_ABI_MINOR,
	};

	return hc_write(call, call->arg1, &version, sizeof(version));
}

int hc_query_add(struct hc_call *call, const void *part, u32 size)
{
	struct holm_query *q = &call->u.query;
	u32 n = MIN(q->len - q->out_len, size);
	int rc = hc_write(call, q->buf_gpa + q->out_len, part, n);

	if (rc == 0)
		q->out_len += n;
	return rc;
}

static int query_info(struct hc_call *call)
{
	struct page_pool *pool = vm_pool();
	struct holm_info info = info_fixed;

	if (call->u.query.index != 0)
		return -ENOENT;
	info.ncpus = cpu_count();
	info.pool_pages = pool->pages;
	info.pool_used = __atomic_load_n(&pool->used, __ATOMIC_RELAXED);
	info.tsc_khz = time_khz();
	info.nvms = vm_count();
	info.tsc_now = time_now();
	info.trace_events = __atomic_load_n(&trace_events, __ATOMIC_RELAXED);
	return hc_query_add(call, &info, sizeof(info));
}

#define CPU_DIRECT   0U
#define CPU_MEDIATED 1U
#define CPU_IDLE     2U

static int query_cpu(struct hc_call *call)
{
	struct holm_cpu out = { .owner_vm = HOLM_NO_VM, .mode = CPU_IDLE };
	const struct cpu *cpu;
	struct vm_cpu_use use;

	if (call->u.query.index >= cpu_count())
		return -ENOENT;
	cpu = cpu_get(call->u.query.index);
	out.lapic_id = cpu->lapic_id;
	out.exits = cpu->exits;
	out.nmis_own = cpu->nmis_own;
	out.nmis_foreign = cpu->nmis_foreign;
	if (vm_cpu_owner(cpu, &use)) {
		out.owner_vm = use.slot;
		out.vcpu = use.vcpu_id;
		out.mode = use.direct ? CPU_DIRECT : CPU_MEDIATED;
	}
	return hc_query_add(call, &out, sizeof(out));
}

_Static_assert((u32)HOLM_EXIT_COUNT <= HOLM_VM_EXIT_SLOTS, "ABI");
_Static_assert((u32)HOLM_INJECT_COUNT <= HOLM_VM_INJECT_SLOTS, "ABI");

static const u32 query_states[VM_STATE_COUNT] = {
	[VM_STATE_CREATED] = HOLM_VM_CREATED,
	[VM_STATE_RUNNING] = HOLM_VM_RUNNING,
	[VM_STATE_PAUSED] = HOLM_VM_PAUSED,
	[VM_STATE_OFF] = HOLM_VM_OFF,
	[VM_STATE_DYING] = HOLM_VM_OFF,
};

static void query_fill_vm(struct vm *vm, struct holm_vm *out)
{
	*out = (struct holm_vm){
		.slot = vm->slot,
		.vmid = vm->vmid,
		.state = query_states[vm->state],
		.nvcpus = vm->nvcpus,
		.cpus = vm->cpus,
		.start_tsc = vm->start_tsc,
	};
	memcpy(out->name, vm->name, sizeof(out->name));
	spin_lock(&vm->s2.lock);
	out->mem_bytes = vm->s2.ram_bytes;
	out->s2_pages = vm->s2.pt.table_pages;
	memcpy(out->leaves, vm->s2.leaves, sizeof(out->leaves));
	spin_unlock(&vm->s2.lock);
	for (u32 i = 0; i < vm->nvcpus; i++) {
		for (u32 n = 0; n < HOLM_EXIT_COUNT; n++)
			out->exits[n] += vm->vcpu[i]->exits[n];
		for (u32 n = 0; n < HOLM_INJECT_COUNT; n++)
			out->injects[n] += vm->vcpu[i]->injects[n];
	}
}

/* A slot below the highest may be empty: state 0, which no VM has. */
static int query_vm(struct hc_call *call)
{
	struct holm_vm out = { .slot = call->u.query.index };
	bool more;
	struct vm *vm = vm_get_slot(call->u.query.index, &more);

	if (!vm && !more)
		return -ENOENT;
	if (vm) {
		query_fill_vm(vm, &out);
		vm_put(vm);
	}
	return hc_query_add(call, &out, sizeof(out));
}

static int query_log(struct hc_call *call)
{
	struct holm_query *q = &call->u.query;
	char text[256];
	int rc = 0;
	u32 n = 1;

	while (rc == 0 && n && q->out_len < q->len) {
		u32 want = MIN(q->len - q->out_len, (u32)sizeof(text));

		n = log_read(text, want, (u64)q->index + q->out_len);
		rc = hc_query_add(call, text, n);
	}
	return rc;
}

static const struct {
	int (*answer)(struct hc_call *call);
	bool takes_from;
} query_subjects[] = {
	[HOLM_QUERY_INFO] = { query_info, false },
	[HOLM_QUERY_CPU] = { query_cpu, false },
	[HOLM_QUERY_VM] = { query_vm, false },
	[HOLM_QUERY_LOG] = { query_log, false },
	[HOLM_QUERY_MAP] = { hc_query_map, false },
	[HOLM_QUERY_VM_MAP] = { hc_query_vm_map, true },
	[HOLM_QUERY_TRACE] = { hc_query_trace, true },
	[HOLM_QUERY_CELL] = { hc_query_cell, false },
	[HOLM_QUERY_VM_PORTS] = { hc_query_vm_ports, true },
	[HOLM_QUERY_VM_MSRS] = { hc_query_vm_msrs, true },
	[HOLM_QUERY_HOST_MAP] = { hc_query_host_map, true },
	[HOLM_QUERY_DEVICE] = { hc_query_device, true },
	[HOLM_QUERY_PIN] = { hc_query_pin, false },
	[HOLM_QUERY_CELL_DESC] = { hc_query_cell_desc, true },
	[HOLM_QUERY_CELL_COMM] = { hc_query_cell_comm, false },
};

int hc_decode_query(struct hc_call *call)
{
	struct holm_query *q = &call->u.query;
	int rc = hc_read(call, call->arg1, q, sizeof(*q));

	if (rc)
		return rc;
	if (q->subject >= ARRAY_SIZE(query_subjects) ||
	    !query_subjects[q->subject].answer)
		return -EINVAL;
	if (call->arg2 != 0 && !query_subjects[q->subject].takes_from)
		return -EINVAL;
	q->out_len = 0;
	return 0;
}

s64 hc_act_query(struct hc_call *call)
{
	int rc = query_subjects[call->u.query.subject].answer(call);

	if (rc)
		return rc;
	return hc_write(call, call->arg1, &call->u.query,
			sizeof(call->u.query));
}
