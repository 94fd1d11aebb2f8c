/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/errno.h"
#include "mem/stage2.h"

struct donation {
	struct stage2 *dst;
	struct stage2 *donor;
	u64 dst_gpa;
	u64 src_gpa;
	u64 size;
	u32 attr;
};

static bool is_donatable(const struct s2_range *r, u32 attr)
{
	if ((r->attr & PT_TYPE_MASK) != PT_WB)
		return false;
	return (attr & PT_W) == 0 || (r->attr & PT_W) != 0;
}

/*
 * The longest piece from @off on that is contiguous in host-physical memory,
 * so that leaves can grow over the donor's page boundaries.
 */
static int next_piece(const struct donation *d, u64 off, struct s2_range *out)
{
	struct s2_range r;
	u64 got = 0;

	while (off + got < d->size) {
		if (!stage2_translate_locked(d->donor,
					     GPA(d->src_gpa + off + got), &r) ||
		    !is_donatable(&r, d->attr))
			return -EFAULT;
		if (got != 0 && r.hpa.v != out->hpa.v + got)
			break;
		if (got == 0)
			*out = r;
		got += MIN(r.size, d->size - off - got);
	}
	out->size = got;
	return 0;
}

static int check_donor(const struct donation *d)
{
	struct s2_range r;

	for (u64 off = 0; off < d->size; off += r.size) {
		int ret = next_piece(d, off, &r);

		if (ret != 0)
			return ret;
	}
	return 0;
}

static int refuse_leaf(const struct pt_leaf *leaf, void *arg)
{
	(void)leaf;
	(void)arg;
	return -EEXIST;
}

static int map_pieces(const struct donation *d, u64 *done)
{
	struct s2_range r;

	for (*done = 0; *done < d->size; *done += r.size) {
		int ret = next_piece(d, *done, &r);

		if (ret != 0)
			return ret;
		ret = stage2_map_locked(d->dst, GPA(d->dst_gpa + *done), r.hpa,
					r.size, d->attr);
		if (ret != 0)
			return ret;
	}
	return 0;
}

/* Both locks are held. */
static int donate(const struct donation *d)
{
	u64 done;
	int ret = check_donor(d);

	if (ret != 0)
		return ret;
	ret = pgtable_for_each(&d->dst->pt, d->dst_gpa, d->size, refuse_leaf,
			       NULL);
	if (ret != 0)
		return ret;
	ret = map_pieces(d, &done);
	/* Only leaves made here, so nothing is split: this cannot fail. */
	if (ret != 0 && done != 0)
		(void)stage2_unmap_locked(d->dst, GPA(d->dst_gpa), done);
	return ret;
}

static bool range_is_paged(u64 base, u64 size)
{
	return is_aligned(base | size, PAGE_SIZE) && range_valid(base, size);
}

/* Two stage 2 are locked lower address first. */
static void lock_both(struct stage2 *a, struct stage2 *b)
{
	bool a_first = (uintptr_t)a < (uintptr_t)b;

	spin_lock(a_first ? &a->lock : &b->lock);
	spin_lock(a_first ? &b->lock : &a->lock);
}

int stage2_donate(struct stage2 *dst, gpa_t dst_gpa, struct stage2 *donor,
		  gpa_t src_gpa, u64 size, u32 attr)
{
	const struct donation d = {
		.dst = dst,
		.donor = donor,
		.dst_gpa = dst_gpa.v,
		.src_gpa = src_gpa.v,
		.size = size,
		.attr = attr,
	};
	int ret;

	if (dst == donor || !range_is_paged(dst_gpa.v, size) ||
	    !range_is_paged(src_gpa.v, size))
		return -EINVAL;
	lock_both(dst, donor);
	ret = donate(&d);
	spin_unlock(&dst->lock);
	spin_unlock(&donor->lock);
	return ret;
}
