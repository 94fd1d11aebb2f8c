/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Trees that link each other's tables. The owner's entry is pinned and the
 * sharer's is marked shared, so each side can tell what it must not touch.
 */
#include "lib/errno.h"
#include "mem/pgtable.h"
#include "mem/pgtable_internal.h"

/* The lowest level whose entries may be shared: 1 GiB each. */
#define SHARE_LEVEL 2

struct share {
	struct pgtable *dst;
	struct pgtable *src;
	struct pt_spare dst_spare;
	struct pt_spare src_spare;
	u64 dst_need;
	u64 src_need;
};

static bool whole_slot(const struct pt_format *fmt, u8 level,
		       struct pt_span part)
{
	return part.end - part.off == pt_level_size(fmt, level);
}

static bool has_table(const struct pt_format *fmt, u64 entry, u8 level)
{
	return pt_present(fmt, entry) && !pt_is_leaf(fmt, entry, level);
}

static int plan_share(struct share *s, const u64 *dst, const u64 *src, u8 level,
		      struct pt_span span);

/* A slot that is shared only in part, one level further down. */
static int plan_descend(struct share *s, u64 dst, u64 src, u8 level,
			struct pt_span part)
{
	const struct pt_format *fmt = s->dst->fmt;
	bool dst_has = has_table(fmt, dst, level);
	bool src_has = has_table(fmt, src, level);

	if (((dst | src) & fmt->shared) != 0)
		return -EPERM;
	s->dst_need += !dst_has;
	s->src_need += !src_has;
	return plan_share(s, dst_has ? pt_table_of(s->dst, dst) : NULL,
			  src_has ? pt_table_of(s->src, src) : NULL,
			  (u8)(level - 1), part);
}

static int plan_share(struct share *s, const u64 *dst, const u64 *src, u8 level,
		      struct pt_span span)
{
	const struct pt_format *fmt = s->dst->fmt;
	int ret = 0;

	while (ret == 0 && span.off < span.end) {
		struct pt_span part =
			pt_first_slot(span, pt_level_size(fmt, level));
		u64 i = pt_index(fmt, level, span.off);
		u64 d = dst == NULL ? 0 : pt_load(&dst[i]);
		u64 e = src == NULL ? 0 : pt_load(&src[i]);

		span.off = part.end;
		if (!whole_slot(fmt, level, part))
			ret = plan_descend(s, d, e, level, part);
		else if (pt_present(fmt, d))
			ret = -EEXIST;
		else
			s->src_need += !has_table(fmt, e, level);
	}
	return ret;
}

/* Make sure that @slot links a table. */
static u64 *need_table(struct pgtable *pt, u64 *slot, u8 level,
		       struct pt_spare *spare)
{
	u64 entry = pt_load(slot);

	if (!pt_present(pt->fmt, entry))
		pt_store(slot,
			 pt_encode_table(pt, pt_spare_take(spare), level));
	else if (pt_is_leaf(pt->fmt, entry, level))
		pt_split(pt, slot, level, spare);
	return pt_table_of(pt, pt_load(slot));
}

static void link_slot(struct share *s, u64 *dst, u64 *src, u8 level)
{
	const struct pt_format *fmt = s->dst->fmt;
	u64 *table = need_table(s->src, src, level, &s->src_spare);

	/* A table that @src shares itself is pinned by the tree it is of. */
	if ((pt_load(src) & fmt->shared) == 0)
		pt_store(src, pt_load(src) | fmt->pinned);
	pt_store(dst, pt_encode_table(s->dst, table, level) | fmt->shared);
}

static void do_share(struct share *s, u64 *dst, u64 *src, u8 level,
		     struct pt_span span)
{
	const struct pt_format *fmt = s->dst->fmt;

	while (span.off < span.end) {
		struct pt_span part =
			pt_first_slot(span, pt_level_size(fmt, level));
		u64 i = pt_index(fmt, level, span.off);

		span.off = part.end;
		if (whole_slot(fmt, level, part)) {
			link_slot(s, &dst[i], &src[i], level);
			continue;
		}
		do_share(s, need_table(s->dst, &dst[i], level, &s->dst_spare),
			 need_table(s->src, &src[i], level, &s->src_spare),
			 (u8)(level - 1), part);
	}
}

static int take_spares(struct share *s)
{
	int ret = pt_spare_get(s->src, &s->src_spare, s->src_need);

	if (ret != 0)
		return ret;
	ret = pt_spare_get(s->dst, &s->dst_spare, s->dst_need);
	if (ret != 0)
		pt_spare_put(s->src, &s->src_spare);
	return ret;
}

int pgtable_share(struct pgtable *dst, struct pgtable *src, u64 va, u64 size)
{
	struct share s = { .dst = dst, .src = src };
	struct pt_span span;
	int ret = pt_span_init(dst, va, size, &span);

	if (ret != 0)
		return ret;
	if (dst == src || dst->fmt != src->fmt || dst->pool != src->pool ||
	    !is_aligned(va | size, pt_level_size(dst->fmt, SHARE_LEVEL)))
		return -EINVAL;
	ret = plan_share(&s, dst->root, src->root, pt_top(dst), span);
	if (ret != 0)
		return ret;
	ret = take_spares(&s);
	if (ret != 0)
		return ret;
	do_share(&s, dst->root, src->root, pt_top(dst), span);
	return 0;
}
