/* SPDX-License-Identifier: BSD-2-Clause */
#include "vm/memregion.h"

#include "core/log.h"
#include "lib/errno.h"

/** Guest-physical pages that no memory may stand behind. */
static const struct {
	u64 base;
	const char *name;
} region_windows[] = {
	{ 0xfec00000, "I/O APIC" },
	{ 0xfee00000, "local APIC" },
};

static int region_refuse(const struct vm_region *r, const char *why)
{
	log_guest("memory region %llx+%llx: %s", (unsigned long long)r->gpa.v,
		  (unsigned long long)r->size, why);
	return -EINVAL;
}

int vm_region_check(const struct vm_region *r)
{
	u64 donor = r->op == VM_REGION_ADD ? r->donor.v : 0;

	if (!is_aligned(r->gpa.v | donor | r->size, PAGE_SIZE))
		return region_refuse(r, "not whole 4 KiB pages");
	if (!range_valid(r->gpa.v, r->size) || !range_valid(donor, r->size))
		return region_refuse(r, "empty, or beyond 2^64");
	if (!range_inside(r->gpa.v, r->size, 0, VM_GPA_LIMIT))
		return region_refuse(r, "beyond 2^48");
	if (r->op != VM_REGION_ADD)
		return 0;
	for (u32 i = 0; i < ARRAY_SIZE(region_windows); i++)
		if (range_overlaps(r->gpa.v, r->size, region_windows[i].base,
				   PAGE_SIZE))
			return region_refuse(r, region_windows[i].name);
	return 0;
}

/*
 * Not RAM: map piece by piece what the donor maps and may write; what it may
 * only read, as the local APIC's page, is not its to give. Its lock is held
 * so that no page leaves it between look and use; taking @dst's inside it
 * is safe in any address order, as the only others that take both hold this
 * VM's lock.
 */
static int region_map_device(struct stage2 *dst, struct stage2 *donor,
			     const struct vm_region *r)
{
	u64 done = 0;
	int rc = 0;

	spin_lock(&donor->lock);
	while (rc == 0 && done < r->size) {
		struct s2_range piece;
		u64 len;

		if (!stage2_translate_locked(donor, gpa_add(r->donor, done),
					     &piece) ||
		    !(piece.attr & PT_W)) {
			rc = -EFAULT;
			break;
		}
		len = MIN(piece.size, r->size - done);
		rc = stage2_map(dst, gpa_add(r->gpa, done), piece.hpa, len,
				r->attr);
		if (rc == 0)
			done += len;
	}
	spin_unlock(&donor->lock);
	/* What one call mapped, one call unmaps without a split. */
	if (rc && done)
		CHECK(stage2_unmap(dst, r->gpa, done) == 0);
	return rc;
}

static int region_add(struct vm *vm, struct stage2 *donor,
		      const struct vm_region *r)
{
	if ((r->attr & PT_TYPE_MASK) == PT_UC)
		return region_map_device(&vm->s2, donor, r);
	return stage2_donate(&vm->s2, r->gpa, donor, r->donor, r->size,
			     r->attr);
}

static int regions_add(struct vm *vm, struct stage2 *donor,
		       const struct vm_region *r, u32 n)
{
	for (u32 i = 0; i < n; i++) {
		int rc = region_add(vm, donor, &r[i]);

		if (rc == 0)
			continue;
		log_guest("vm %u: add memory %llx+%llx: error %d", vm->vmid,
			  (unsigned long long)r[i].gpa.v,
			  (unsigned long long)r[i].size, rc);
		while (i-- > 0)
			CHECK(stage2_unmap(&vm->s2, r[i].gpa, r[i].size) == 0);
		return rc;
	}
	return 0;
}

/**
 * Make sure that a leaf begins at @at, if anything is mapped there: giving
 * the part before it the attributes it has splits the leaf and changes
 * nothing the guest could see.
 */
static int region_split(struct stage2 *s2, u64 at)
{
	struct pt_leaf leaf;

	if (!pgtable_lookup(&s2->pt, at, &leaf) || leaf.va == at)
		return 0;
	return stage2_protect(s2, GPA(leaf.va), at - leaf.va, leaf.attr);
}

/* Split first, which may fail; then unmap, which cannot any more. */
static int regions_del(struct vm *vm, const struct vm_region *r, u32 n)
{
	int rc = 0;

	for (u32 i = 0; i < n && rc == 0; i++) {
		rc = region_split(&vm->s2, r[i].gpa.v);
		if (rc == 0)
			rc = region_split(&vm->s2, r[i].gpa.v + r[i].size);
	}
	for (u32 i = 0; i < n && rc == 0; i++)
		rc = stage2_unmap(&vm->s2, r[i].gpa, r[i].size);
	return rc;
}

static bool regions_uniform(const struct vm_region *r, u32 n)
{
	for (u32 i = 1; i < n; i++)
		if (r[i].op != r[0].op)
			return false;
	return true;
}

int vm_regions_apply(struct vm_locked l, struct stage2 *donor,
		     const struct vm_region *r, u32 n)
{
	struct vm *vm = l.vm;
	int rc;

	if (vm->state == VM_STATE_DYING)
		return -EPERM;
	if (n == 0)
		return 0;
	if (!regions_uniform(r, n))
		return region_refuse(r, "adds and deletes in one batch");
	vm_park_all(l);
	if (r[0].op == VM_REGION_ADD)
		rc = regions_add(vm, donor, r, n);
	else
		rc = regions_del(vm, r, n);
	for (u32 i = 0; i < vm->nvcpus; i++)
		backend->vcpu_flush(&vm->vcpu[i]->hw);
	stage2_reap(&vm->s2);
	vm_unpark_all(l);
	return rc;
}
