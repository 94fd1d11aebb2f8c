/* SPDX-License-Identifier: BSD-2-Clause */
/* Large leaves where a split has become pointless. */
#include "mem/pgtable.h"
#include "mem/pgtable_internal.h"

/* The leaf of level @level that @table, one level down, amounts to; or 0. */
static u64 merged_leaf(const struct pgtable *pt, const u64 *table, u8 level)
{
	const struct pt_format *fmt = pt->fmt;
	u8 below = (u8)(level - 1);
	u64 first = pt_load(&table[0]);
	u64 pa = pt_decode_pa(fmt, first, below);
	u32 attr = pt_decode_attr(fmt, first, below);

	if (!(pt->leaf_levels & BIT32(level)) || !pt_present(fmt, first) ||
	    !pt_is_leaf(fmt, first, below) ||
	    !is_aligned(pa, pt_level_size(fmt, level)))
		return 0;
	for (u64 i = 1; i < PT_ENTRIES; i++) {
		u64 want = pt_encode_leaf(
			fmt, pa + i * pt_level_size(fmt, below), attr, below);

		if (pt_load(&table[i]) != want)
			return 0;
	}
	return pt_encode_leaf(fmt, pa, attr, level);
}

static void collapse(struct pgtable *pt, u64 *table, u8 level,
		     struct pt_span span);

static void collapse_slot(struct pgtable *pt, u64 *slot, u8 level,
			  struct pt_span part)
{
	const struct pt_format *fmt = pt->fmt;
	u64 entry = pt_load(slot);
	u64 *table, leaf;

	if (!pt_present(fmt, entry) || pt_is_leaf(fmt, entry, level) ||
	    (entry & fmt->shared))
		return;
	table = pt_table_of(pt, entry);
	collapse(pt, table, (u8)(level - 1), part);
	/* What another tree links stays; what hangs below is ours alone. */
	if (entry & fmt->pinned)
		return;
	leaf = merged_leaf(pt, table, level);
	if (!leaf)
		return;
	pt_store(slot, leaf);
	pt_bury(pt, table);
}

static void collapse(struct pgtable *pt, u64 *table, u8 level,
		     struct pt_span span)
{
	const struct pt_format *fmt = pt->fmt;

	while (level > 0 && span.off < span.end) {
		struct pt_span part =
			pt_first_slot(span, pt_level_size(fmt, level));

		collapse_slot(pt, &table[pt_index(fmt, level, span.off)], level,
			      part);
		span.off = part.end;
	}
}

int pgtable_collapse(struct pgtable *pt, u64 va, u64 size)
{
	struct pt_span span;
	int ret = pt_span_init(pt, va, size, &span);

	if (ret == 0)
		collapse(pt, pt->root, pt_top(pt), span);
	return ret;
}
