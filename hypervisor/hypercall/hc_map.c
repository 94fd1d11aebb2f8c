/* SPDX-License-Identifier: BSD-2-Clause */
/* Whose memory is what: the machine's ranges, and a VM's stage 2. */
#include "hypercall/call.h"
#include "hypercall/hypercall.h"
#include "lib/errno.h"
#include "mem/hostmap.h"

static struct {
	const struct holm_range *range;
	u32 n;
} machine; /* written at start only */

void hypercall_set_map(const struct holm_range *ranges, u32 n)
{
	machine.range = ranges;
	machine.n = n;
}

int hc_query_map(struct hc_call *call)
{
	const struct holm_query *q = &call->u.query;
	u32 n;

	if (q->index >= machine.n)
		return -ENOENT;
	n = MIN(machine.n - q->index, q->len / (u32)sizeof(*machine.range));
	return hc_query_add(call, &machine.range[q->index],
			    n * (u32)sizeof(*machine.range));
}

#define MAPPINGS 24U
/* As many are looked at with the stage 2 locked; the asker comes again. */
#define LEAVES_MAX 2048U

struct mappings {
	struct holm_mapping m[MAPPINGS];
	u32 n;
	u32 max;
	u32 leaves;
};

static u32 flags_of(u32 attr)
{
	u32 flags = HOLM_MAP_R;

	if (attr & PT_W)
		flags |= HOLM_MAP_W;
	if (attr & PT_X)
		flags |= HOLM_MAP_X;
	if ((attr & PT_TYPE_MASK) == PT_WB)
		flags |= HOLM_MAP_RAM;
	return flags;
}

/* Join the leaf to the last mapping, or begin another; 1: no more fits. */
static int add_leaf(const struct pt_leaf *leaf, void *arg)
{
	struct mappings *ms = arg;
	struct holm_mapping *last = ms->n ? &ms->m[ms->n - 1] : NULL;
	u32 flags = flags_of(leaf->attr);

	if (ms->leaves++ == LEAVES_MAX)
		return 1;
	if (last && last->gpa + last->size == leaf->va &&
	    last->hpa + last->size == leaf->pa && last->flags == flags) {
		last->size += leaf->size;
		return 0;
	}
	if (ms->n == ms->max)
		return 1;
	ms->m[ms->n++] = (struct holm_mapping){
		.gpa = leaf->va,
		.hpa = leaf->pa,
		.size = leaf->size,
		.flags = flags,
	};
	return 0;
}

static void collect(struct stage2 *s2, u64 from, struct mappings *ms)
{
	spin_lock(&s2->lock);
	(void)pgtable_for_each(&s2->pt, from, VM_GPA_LIMIT - from, add_leaf,
			       ms);
	spin_unlock(&s2->lock);
}

int hc_query_vm_map(struct hc_call *call)
{
	const struct holm_query *q = &call->u.query;
	struct mappings ms = {
		.max = MIN(MAPPINGS, q->len / (u32)sizeof(ms.m[0])),
	};
	u64 from = align_down(call->arg2, PAGE_SIZE);
	struct vm *vm;
	bool more;

	if (from >= VM_GPA_LIMIT)
		return -ENOENT;
	vm = vm_get_slot(q->index, &more);
	if (!vm)
		return -ENOENT;
	collect(&vm->s2, from, &ms);
	vm_put(vm);
	if (ms.leaves == 0)
		return -ENOENT;
	return hc_query_add(call, ms.m, ms.n * (u32)sizeof(ms.m[0]));
}

/* Who hides memory from Holm has the lock, and tables may go meanwhile. */
int hc_query_host_map(struct hc_call *call)
{
	const struct holm_query *q = &call->u.query;
	struct mappings ms = {
		.max = MIN(MAPPINGS, q->len / (u32)sizeof(ms.m[0])),
	};

	if (q->index != 0 || call->arg2 >= VM_GPA_LIMIT)
		return -ENOENT;
	if (!vm_handover_begin())
		return -EBUSY;
	(void)hostmap_for_each(align_down(call->arg2, PAGE_SIZE), add_leaf,
			       &ms);
	vm_handover_end();
	if (ms.leaves == 0)
		return -ENOENT;
	return hc_query_add(call, ms.m, ms.n * (u32)sizeof(ms.m[0]));
}
