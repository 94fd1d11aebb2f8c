/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Changes to a tree. Each is made in two passes over the same span: the first
 * refuses what must be refused and counts the tables needed, the second, with
 * those tables in hand, cannot fail.
 */
#include "lib/errno.h"
#include "mem/pgtable.h"
#include "mem/pgtable_internal.h"

struct update {
	struct pgtable *pt;
	struct pt_span span;
	struct pt_spare spare;
	u64 need; /* tables */
	u64 pa;   /* of the span's first byte, for map */
	u32 attr;
	bool unmap;
	bool keep; /* unmap, but no table goes away */
};

static u64 pa_at(const struct update *u, u64 off)
{
	return u->pa + (off - u->span.off);
}

static bool leaf_fits(const struct update *u, u8 level, struct pt_span part)
{
	u64 size = pt_level_size(u->pt->fmt, level);

	return (u->pt->leaf_levels & BIT32(level)) != 0 &&
	       part.end - part.off == size &&
	       is_aligned(pa_at(u, part.off), size);
}

static int plan_map(struct update *u, const u64 *table, u8 level,
		    struct pt_span span);

/* What is there must leave room; @entry is present. */
static int plan_map_into(struct update *u, u64 entry, u8 level,
			 struct pt_span part)
{
	const struct pt_format *fmt = u->pt->fmt;

	if (pt_is_leaf(fmt, entry, level))
		return -EEXIST;
	if ((entry & fmt->shared) != 0)
		return -EPERM;
	return plan_map(u, pt_table_of(u->pt, entry), (u8)(level - 1), part);
}

/* @table is NULL where the map will make a new one. */
static int plan_map(struct update *u, const u64 *table, u8 level,
		    struct pt_span span)
{
	const struct pt_format *fmt = u->pt->fmt;
	int ret = 0;

	if (table == NULL && level == 0)
		return 0;
	while (ret == 0 && span.off < span.end) {
		struct pt_span part =
			pt_first_slot(span, pt_level_size(fmt, level));
		u64 entry = 0;

		if (table != NULL)
			entry = pt_load(&table[pt_index(fmt, level, span.off)]);
		if (pt_present(fmt, entry)) {
			ret = plan_map_into(u, entry, level, part);
		} else if (!leaf_fits(u, level, part)) {
			u->need++;
			ret = plan_map(u, NULL, (u8)(level - 1), part);
		}
		span.off = part.end;
	}
	return ret;
}

static void do_map(struct update *u, u64 *table, u8 level, struct pt_span span);

static void do_map_slot(struct update *u, u64 *slot, u8 level,
			struct pt_span part)
{
	const struct pt_format *fmt = u->pt->fmt;
	u64 entry = pt_load(slot);
	u64 *table;

	if (pt_present(fmt, entry)) {
		table = pt_table_of(u->pt, entry);
		do_map(u, table, (u8)(level - 1), part);
		return;
	}
	if (leaf_fits(u, level, part)) {
		pt_store(slot, pt_encode_leaf(fmt, pa_at(u, part.off), u->attr,
					      level));
		return;
	}
	table = pt_spare_take(&u->spare);
	do_map(u, table, (u8)(level - 1), part);
	pt_store(slot, pt_encode_table(u->pt, table, level));
}

static void do_map(struct update *u, u64 *table, u8 level, struct pt_span span)
{
	const struct pt_format *fmt = u->pt->fmt;

	while (span.off < span.end) {
		struct pt_span part =
			pt_first_slot(span, pt_level_size(fmt, level));

		do_map_slot(u, &table[pt_index(fmt, level, span.off)], level,
			    part);
		span.off = part.end;
	}
}

static bool pa_valid(const struct pt_format *fmt, u64 pa, u64 size)
{
	u64 end = fmt->addr_mask + PAGE_SIZE;

	return is_aligned(pa, PAGE_SIZE) && size <= end && pa <= end - size;
}

int pgtable_map(struct pgtable *pt, u64 va, u64 pa, u64 size, u32 attr)
{
	struct update u = { .pt = pt, .pa = pa, .attr = attr };
	int ret = pt_span_init(pt, va, size, &u.span);

	if (ret != 0)
		return ret;
	if (!pa_valid(pt->fmt, pa, size) || !pt_attr_valid(attr))
		return -EINVAL;
	ret = plan_map(&u, pt->root, pt_top(pt), u.span);
	if (ret != 0)
		return ret;
	ret = pt_spare_get(pt, &u.spare, u.need);
	if (ret != 0)
		return ret;
	do_map(&u, pt->root, pt_top(pt), u.span);
	return 0;
}

void pt_split(struct pgtable *pt, u64 *slot, u8 level, struct pt_spare *spare)
{
	const struct pt_format *fmt = pt->fmt;
	u64 entry = pt_load(slot);
	u64 pa = pt_decode_pa(fmt, entry, level);
	u32 attr = pt_decode_attr(fmt, entry, level);
	u8 below = (u8)(level - 1);
	u64 *table = pt_spare_take(spare);

	for (u64 i = 0; i < PT_ENTRIES; i++)
		table[i] = pt_encode_leaf(
			fmt, pa + i * pt_level_size(fmt, below), attr, below);
	pt_store(slot, pt_encode_table(pt, table, level));
}

/*
 * Tables it takes to free [part) of a leaf of level @level from the rest of
 * it: one here, then what the two edges need one level down.
 */
static u64 split_need(const struct pt_format *fmt, u8 level,
		      struct pt_span part)
{
	u64 size, first_end, last;

	if (part.end - part.off == pt_level_size(fmt, level))
		return 0;
	level--;
	size = pt_level_size(fmt, level);
	first_end = align_down(part.off, size) + size;
	last = align_down(part.end - 1, size);
	if (last < first_end)
		return 1 + split_need(fmt, level, part);
	return 1 +
	       split_need(fmt, level, (struct pt_span){ part.off, first_end }) +
	       split_need(fmt, level, (struct pt_span){ last, part.end });
}

static int plan_edit(struct update *u, const u64 *table, u8 level,
		     struct pt_span span)
{
	const struct pt_format *fmt = u->pt->fmt;
	int ret = 0;

	while (ret == 0 && span.off < span.end) {
		struct pt_span part =
			pt_first_slot(span, pt_level_size(fmt, level));
		u64 entry = pt_load(&table[pt_index(fmt, level, span.off)]);

		span.off = part.end;
		if (!pt_present(fmt, entry))
			continue;
		if (pt_is_leaf(fmt, entry, level))
			u->need += split_need(fmt, level, part);
		else if ((entry & fmt->shared) != 0)
			ret = -EPERM;
		else
			ret = plan_edit(u, pt_table_of(u->pt, entry),
					(u8)(level - 1), part);
	}
	return ret;
}

static bool table_is_empty(const struct pt_format *fmt, const u64 *table)
{
	for (u32 i = 0; i < PT_ENTRIES; i++) {
		if (pt_present(fmt, pt_load(&table[i])))
			return false;
	}
	return true;
}

static void edit_leaf(const struct update *u, u64 *slot, u8 level)
{
	const struct pt_format *fmt = u->pt->fmt;
	u64 pa = pt_decode_pa(fmt, pt_load(slot), level);

	pt_store(slot, u->unmap ? 0 : pt_encode_leaf(fmt, pa, u->attr, level));
}

static void do_edit(struct update *u, u64 *table, u8 level,
		    struct pt_span span);

/* Edit below @slot, and unlink the table there if that emptied it. */
static void edit_below(struct update *u, u64 *slot, u8 level,
		       struct pt_span part)
{
	u64 entry = pt_load(slot);
	u64 *table = pt_table_of(u->pt, entry);

	do_edit(u, table, (u8)(level - 1), part);
	if (!u->unmap || u->keep || (entry & u->pt->fmt->pinned) != 0 ||
	    !table_is_empty(u->pt->fmt, table))
		return;
	pt_store(slot, 0);
	pt_bury(u->pt, table);
}

static void do_edit_slot(struct update *u, u64 *slot, u8 level,
			 struct pt_span part)
{
	const struct pt_format *fmt = u->pt->fmt;
	u64 entry = pt_load(slot);

	if (!pt_present(fmt, entry))
		return;
	if (!pt_is_leaf(fmt, entry, level)) {
		edit_below(u, slot, level, part);
		return;
	}
	if (part.end - part.off == pt_level_size(fmt, level)) {
		edit_leaf(u, slot, level);
		return;
	}
	pt_split(u->pt, slot, level, &u->spare);
	edit_below(u, slot, level, part);
}

static void do_edit(struct update *u, u64 *table, u8 level, struct pt_span span)
{
	const struct pt_format *fmt = u->pt->fmt;

	while (span.off < span.end) {
		struct pt_span part =
			pt_first_slot(span, pt_level_size(fmt, level));

		do_edit_slot(u, &table[pt_index(fmt, level, span.off)], level,
			     part);
		span.off = part.end;
	}
}

static int edit(struct update *u, u64 va, u64 size)
{
	struct pgtable *pt = u->pt;
	int ret = pt_span_init(pt, va, size, &u->span);

	if (ret != 0)
		return ret;
	ret = plan_edit(u, pt->root, pt_top(pt), u->span);
	if (ret != 0)
		return ret;
	ret = pt_spare_get(pt, &u->spare, u->need);
	if (ret != 0)
		return ret;
	do_edit(u, pt->root, pt_top(pt), u->span);
	return 0;
}

int pgtable_unmap(struct pgtable *pt, u64 va, u64 size)
{
	struct update u = { .pt = pt, .unmap = true };

	return edit(&u, va, size);
}

int pgtable_withdraw(struct pgtable *pt, u64 va, u64 size)
{
	struct update u = { .pt = pt, .unmap = true, .keep = true };

	return edit(&u, va, size);
}

int pgtable_protect(struct pgtable *pt, u64 va, u64 size, u32 attr)
{
	struct update u = { .pt = pt, .attr = attr };

	if (!pt_attr_valid(attr))
		return -EINVAL;
	return edit(&u, va, size);
}
