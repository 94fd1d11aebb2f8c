/* SPDX-License-Identifier: BSD-2-Clause */
/* User VM memory. */
#include "core/log.h"
#include "hypercall/call.h"
#include "lib/errno.h"

#define ATTR_RWX (ACRN_ATTR_READ | ACRN_ATTR_WRITE | ACRN_ATTR_EXEC)

_Static_assert(ACRN_ATTR_READ == PT_R && ACRN_ATTR_WRITE == PT_W &&
		       ACRN_ATTR_EXEC == PT_X,
	       "rights are copied as they are");

static const struct {
	u32 abi;
	u32 attr;
} memory_types[] = {
	{ 0, PT_UC },
	{ ACRN_ATTR_UC, PT_UC },
	{ ACRN_ATTR_WB, PT_WB },
	{ ACRN_ATTR_WT, PT_WT },
	{ ACRN_ATTR_WC, PT_WC },
	{ ACRN_ATTR_WP, PT_WP },
};

int hc_decode_gpa2hpa(struct hc_call *call)
{
	return hc_read(call, call->arg2, &call->u.gpa2hpa,
		       sizeof(call->u.gpa2hpa));
}

s64 hc_act_gpa2hpa(struct hc_call *call)
{
	struct acrn_abi_gpa2hpa *v = &call->u.gpa2hpa;
	struct s2_range r;

	if (!stage2_translate(&call->vm->s2, GPA(v->gpa), &r))
		return -EFAULT;
	v->hpa = r.hpa.v;
	return hc_write(call, call->arg2, v, sizeof(*v));
}

/** ABI attributes to PT_*. -EINVAL unless readable and of one type. */
static int attr_decode(u32 abi, u32 *attr)
{
	if ((abi & ~(ATTR_RWX | ACRN_ATTR_TYPES)) || !(abi & ACRN_ATTR_READ))
		return -EINVAL;
	for (u32 i = 0; i < ARRAY_SIZE(memory_types); i++) {
		if ((abi & ACRN_ATTR_TYPES) != memory_types[i].abi)
			continue;
		*attr = (abi & ATTR_RWX) | memory_types[i].attr;
		return 0;
	}
	return -EINVAL;
}

static int region_decode(const struct acrn_abi_region *in,
			 struct vm_region *out)
{
	*out = (struct vm_region){
		.op = VM_REGION_DEL,
		.gpa = GPA(in->user_gpa),
		.donor = GPA(in->service_gpa),
		.size = in->size,
	};
	if (in->type == ACRN_REGION_ADD) {
		out->op = VM_REGION_ADD;
		if (attr_decode(in->attr, &out->attr)) {
			log_guest("memory region: attributes %x", in->attr);
			return -EINVAL;
		}
	} else if (in->type != ACRN_REGION_DEL &&
		   in->type != ACRN_REGION_MODIFY) {
		log_guest("memory region: type %u", in->type);
		return -EINVAL;
	}
	return vm_region_check(out);
}

/* Entries are copied a few at a time, each byte once. */
#define DECODE_CHUNK 32U

static int regions_decode(const struct hc_call *call, u64 gpa, u32 n)
{
	struct acrn_abi_region chunk[DECODE_CHUNK];
	int rc = 0;

	for (u32 i = 0; i < n && rc == 0; i++) {
		u32 at = i % DECODE_CHUNK;

		if (at == 0)
			rc = hc_read(call, gpa + i * sizeof(chunk[0]), chunk,
				     MIN(n - i, DECODE_CHUNK) *
					     sizeof(chunk[0]));
		if (rc == 0)
			rc = region_decode(&chunk[at], &call->u.regions.r[i]);
	}
	return rc;
}

int hc_decode_regions(struct hc_call *call)
{
	struct hc_regions *regions = &call->u.regions;
	struct acrn_abi_region_batch batch;
	int rc = hc_read(call, call->arg1, &batch, sizeof(batch));

	if (rc)
		return rc;
	if (batch.regions_num > VM_REGIONS_MAX) {
		log_guest("memory regions: %u in one batch, %u at most",
			  batch.regions_num, VM_REGIONS_MAX);
		return -EINVAL;
	}
	call->vmid = batch.vmid;
	*regions = (struct hc_regions){
		.n = batch.regions_num,
		.bytes = batch.regions_num * sizeof(regions->r[0]),
	};
	if (regions->n == 0)
		return 0;
	regions->r = vm_mem_alloc(regions->bytes);
	if (!regions->r)
		return -ENOMEM;
	rc = regions_decode(call, batch.regions_gpa, regions->n);
	if (rc)
		hc_release_regions(call);
	return rc;
}

s64 hc_act_regions(struct hc_call *call)
{
	return vm_regions_apply(hc_locked(call), &call->caller->vm->s2,
				call->u.regions.r, call->u.regions.n);
}

void hc_release_regions(struct hc_call *call)
{
	vm_mem_free(call->u.regions.r, call->u.regions.bytes);
}
