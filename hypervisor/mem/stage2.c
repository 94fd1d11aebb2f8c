/* SPDX-License-Identifier: BSD-2-Clause */
#include "mem/stage2.h"

#include "lib/errno.h"

int stage2_init(struct stage2 *s2, const struct pt_format *fmt,
		struct page_pool *pool, u8 leaf_levels)
{
	*s2 = (struct stage2){ .lock = SPINLOCK_INIT };
	return pgtable_init(&s2->pt, fmt, pool, leaf_levels);
}

void stage2_destroy(struct stage2 *s2)
{
	spin_lock(&s2->lock);
	pgtable_destroy(&s2->pt);
	s2->ram_bytes = 0;
	for (u32 i = 0; i < ARRAY_SIZE(s2->leaves); i++)
		s2->leaves[i] = 0;
	spin_unlock(&s2->lock);
}

/* Counting: what whole leaves in a range add up to. */

struct tally {
	u64 ram_bytes;
	u64 leaves[3];
};

static int tally_leaf(const struct pt_leaf *leaf, void *arg)
{
	static const u64 size_of[] = {
		PAGE_SIZE,
		PAGE_SIZE_2M,
		PAGE_SIZE_1G,
	};
	struct tally *t = arg;

	if ((leaf->attr & PT_TYPE_MASK) == PT_WB)
		t->ram_bytes += leaf->size;
	for (u32 i = 0; i < ARRAY_SIZE(size_of); i++)
		t->leaves[i] += leaf->size == size_of[i];
	return 0;
}

static struct tally tally(const struct stage2 *s2, u64 base, u64 size)
{
	struct tally t = { 0 };

	/* A range that is refused here is refused by the operation too. */
	(void)pgtable_for_each(&s2->pt, base, size, tally_leaf, &t);
	return t;
}

static void count(struct stage2 *s2, const struct tally *was,
		  const struct tally *is)
{
	s2->ram_bytes += is->ram_bytes - was->ram_bytes;
	for (u32 i = 0; i < ARRAY_SIZE(s2->leaves); i++)
		s2->leaves[i] += is->leaves[i] - was->leaves[i];
}

/* Grow a range by the rest of the leaves at its edges. */
static void widen(const struct stage2 *s2, u64 *base, u64 *size)
{
	struct pt_leaf leaf;
	u64 last = *base + (*size - 1);

	if (pgtable_lookup(&s2->pt, last, &leaf))
		last = leaf.va + (leaf.size - 1);
	if (pgtable_lookup(&s2->pt, *base, &leaf))
		*base = leaf.va;
	*size = last - *base + 1;
}

int stage2_map_locked(struct stage2 *s2, gpa_t gpa, hpa_t hpa, u64 size,
		      u32 attr)
{
	static const struct tally none;
	struct tally is;
	int ret = pgtable_map(&s2->pt, gpa.v, hpa.v, size, attr);

	if (ret != 0)
		return ret;
	is = tally(s2, gpa.v, size);
	count(s2, &none, &is);
	return 0;
}

typedef int (*edit_fn)(struct pgtable *pt, u64 va, u64 size);

/* Protect with *@attr, or @fn if @attr is NULL. */
static int edit(struct stage2 *s2, u64 base, u64 size, edit_fn fn,
		const u32 *attr)
{
	u64 wide = base, wide_size = size;
	struct tally was, is;
	int ret;

	widen(s2, &wide, &wide_size);
	was = tally(s2, wide, wide_size);
	if (attr != NULL)
		ret = pgtable_protect(&s2->pt, base, size, *attr);
	else
		ret = fn(&s2->pt, base, size);
	is = tally(s2, wide, wide_size);
	count(s2, &was, &is);
	return ret;
}

static int edit_unlocked(struct stage2 *s2, u64 base, u64 size, edit_fn fn,
			 const u32 *attr)
{
	int ret;

	spin_lock(&s2->lock);
	ret = edit(s2, base, size, fn, attr);
	spin_unlock(&s2->lock);
	return ret;
}

int stage2_unmap_locked(struct stage2 *s2, gpa_t gpa, u64 size)
{
	return edit(s2, gpa.v, size, pgtable_unmap, NULL);
}

int stage2_map(struct stage2 *s2, gpa_t gpa, hpa_t hpa, u64 size, u32 attr)
{
	int ret;

	spin_lock(&s2->lock);
	ret = stage2_map_locked(s2, gpa, hpa, size, attr);
	spin_unlock(&s2->lock);
	return ret;
}

int stage2_unmap(struct stage2 *s2, gpa_t gpa, u64 size)
{
	return edit_unlocked(s2, gpa.v, size, pgtable_unmap, NULL);
}

int stage2_withdraw(struct stage2 *s2, gpa_t gpa, u64 size)
{
	return edit_unlocked(s2, gpa.v, size, pgtable_withdraw, NULL);
}

int stage2_collapse(struct stage2 *s2, gpa_t gpa, u64 size)
{
	/* A new leaf may cover more than was asked: count around it. */
	u64 base = align_down(gpa.v, PAGE_SIZE_1G);
	u64 end = align_up(gpa.v + size, PAGE_SIZE_1G);

	return edit_unlocked(s2, base, end - base, pgtable_collapse, NULL);
}

int stage2_protect(struct stage2 *s2, gpa_t gpa, u64 size, u32 attr)
{
	return edit_unlocked(s2, gpa.v, size, NULL, &attr);
}

void stage2_reap(struct stage2 *s2)
{
	spin_lock(&s2->lock);
	pgtable_reap(&s2->pt);
	spin_unlock(&s2->lock);
}

bool stage2_translate_locked(const struct stage2 *s2, gpa_t gpa,
			     struct s2_range *out)
{
	struct pt_leaf leaf;
	u64 off;

	if (!pgtable_lookup(&s2->pt, gpa.v, &leaf))
		return false;
	off = gpa.v - leaf.va;
	*out = (struct s2_range){
		.hpa = HPA(leaf.pa + off),
		.size = leaf.size - off,
		.attr = leaf.attr,
	};
	return true;
}

bool stage2_translate(struct stage2 *s2, gpa_t gpa, struct s2_range *out)
{
	bool found;

	spin_lock(&s2->lock);
	found = stage2_translate_locked(s2, gpa, out);
	spin_unlock(&s2->lock);
	return found;
}

static bool owns_locked(const struct stage2 *s2, gpa_t gpa, u64 size, u32 attr)
{
	struct s2_range r;

	for (u64 off = 0; off < size; off += MIN(r.size, size - off))
		if (!stage2_translate_locked(s2, gpa_add(gpa, off), &r) ||
		    r.hpa.v != gpa.v + off || r.attr != attr)
			return false;
	return true;
}

int stage2_check_own(struct stage2 *s2, gpa_t gpa, u64 size, u32 attr)
{
	int ret;

	spin_lock(&s2->lock);
	ret = owns_locked(s2, gpa, size, attr) ? 0 : -EBUSY;
	spin_unlock(&s2->lock);
	return ret;
}

int stage2_take(struct stage2 *s2, gpa_t gpa, u64 size, u32 attr)
{
	int ret = -EBUSY;

	spin_lock(&s2->lock);
	if (owns_locked(s2, gpa, size, attr))
		ret = edit(s2, gpa.v, size, pgtable_withdraw, NULL);
	spin_unlock(&s2->lock);
	return ret;
}
