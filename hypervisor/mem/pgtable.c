/* SPDX-License-Identifier: BSD-2-Clause */
#include "mem/pgtable.h"

#include "lib/errno.h"
#include "mem/pgtable_internal.h"

/* Entries. */

static u64 flag_bits(const struct pt_flag *flag, bool on)
{
	return on ? flag->yes : flag->no;
}

/* A format that does not know the permission never reports it. */
static bool flag_is_on(const struct pt_flag *flag, u64 entry)
{
	return (flag->yes | flag->no) != 0 &&
	       (entry & (flag->yes | flag->no)) == flag->yes;
}

u64 pt_encode_table(const struct pgtable *pt, const u64 *table, u8 level)
{
	return pool_hpa(pt->pool, table).v | pt->fmt->table_bits[level];
}

u64 pt_encode_leaf(const struct pt_format *fmt, u64 pa, u32 attr, u8 level)
{
	u32 type = (attr & PT_TYPE_MASK) >> PT_TYPE_SHIFT;
	u32 large = level > 0;

	return pa | fmt->leaf_bits[large] | fmt->type[large][type] |
	       flag_bits(&fmt->w, (attr & PT_W) != 0) |
	       flag_bits(&fmt->x, (attr & PT_X) != 0) |
	       flag_bits(&fmt->u, (attr & PT_U) != 0) |
	       flag_bits(&fmt->global, (attr & PT_GLOBAL) != 0);
}

static const u32 types[] = { PT_UC, PT_WC, PT_WT, PT_WP, PT_WB };

static u32 decode_type(const struct pt_format *fmt, u64 entry, u32 large)
{
	u64 bits = entry & fmt->type_mask[large];

	for (u32 i = 0; i < ARRAY_SIZE(types); i++) {
		if (fmt->type[large][types[i] >> PT_TYPE_SHIFT] == bits)
			return types[i];
	}
	return PT_UC;
}

u32 pt_decode_attr(const struct pt_format *fmt, u64 entry, u8 level)
{
	u32 attr = PT_R | decode_type(fmt, entry, level > 0);

	attr |= flag_is_on(&fmt->w, entry) ? PT_W : 0;
	attr |= flag_is_on(&fmt->x, entry) ? PT_X : 0;
	attr |= flag_is_on(&fmt->u, entry) ? PT_U : 0;
	attr |= flag_is_on(&fmt->global, entry) ? PT_GLOBAL : 0;
	return attr;
}

u64 pt_decode_pa(const struct pt_format *fmt, u64 entry, u8 level)
{
	return align_down(entry & fmt->addr_mask, pt_level_size(fmt, level));
}

bool pt_attr_valid(u32 attr)
{
	if ((attr & ~PT_ATTR_MASK) != 0 || (attr & PT_R) == 0)
		return false;
	for (u32 i = 0; i < ARRAY_SIZE(types); i++) {
		if ((attr & PT_TYPE_MASK) == types[i])
			return true;
	}
	return false;
}

/* Addresses. */

static u64 tree_span(const struct pgtable *pt)
{
	return pt_level_size(pt->fmt, pt_top(pt)) << PT_LEVEL_BITS;
}

/* Offset of @va; false if it is not an address of this tree. */
static bool va_to_off(const struct pgtable *pt, u64 va, u64 *off)
{
	*off = va & (tree_span(pt) - 1);
	return pt_va(pt, *off) == va;
}

u64 pt_va(const struct pgtable *pt, u64 off)
{
	u64 span = tree_span(pt);

	if (pt->fmt->canonical && off >= span / 2)
		return off | ~(span - 1);
	return off;
}

int pt_span_init(const struct pgtable *pt, u64 va, u64 size,
		 struct pt_span *span)
{
	u64 half = tree_span(pt) / (pt->fmt->canonical ? 2 : 1);
	u64 off;

	if (!is_aligned(va | size, PAGE_SIZE) || size == 0)
		return -EINVAL;
	if (!va_to_off(pt, va, &off))
		return -EINVAL;
	/* In a canonical space a range stays on its side of the hole. */
	if (size > half - (off & (half - 1)))
		return -EINVAL;
	*span = (struct pt_span){ off, off + size };
	return 0;
}

/* Pages. A page out of use is chained through its first word. */

static u64 *chain_push(u64 *head, u64 *page)
{
	/*
	 * A walker may still see a dead table: page alignment leaves every
	 * bit clear that could make the link look present.
	 */
	pt_store(page, (u64)(uintptr_t)head);
	return page;
}

static u64 *chain_next(const u64 *page)
{
	return (u64 *)(uintptr_t)pt_load(page);
}

static void free_page(struct pgtable *pt, u64 *page)
{
	(void)pool_free(pt->pool, page, 1);
	pt->table_pages--;
}

static void free_chain(struct pgtable *pt, u64 *page)
{
	while (page != NULL) {
		u64 *next = chain_next(page);

		free_page(pt, page);
		page = next;
	}
}

static u64 *alloc_page(struct pgtable *pt)
{
	u64 *page = pool_alloc(pt->pool, 1, 1);

	if (page != NULL)
		pt->table_pages++;
	return page;
}

void pt_spare_put(struct pgtable *pt, struct pt_spare *spare)
{
	free_chain(pt, spare->head);
	spare->head = NULL;
}

int pt_spare_get(struct pgtable *pt, struct pt_spare *spare, u64 n)
{
	spare->head = NULL;
	for (u64 i = 0; i < n; i++) {
		u64 *page = alloc_page(pt);

		if (page == NULL) {
			pt_spare_put(pt, spare);
			return -ENOMEM;
		}
		spare->head = chain_push(spare->head, page);
	}
	return 0;
}

u64 *pt_spare_take(struct pt_spare *spare)
{
	u64 *page = spare->head;

	spare->head = chain_next(page);
	*page = 0;
	return page;
}

void pt_bury(struct pgtable *pt, u64 *table)
{
	pt->dead = chain_push(pt->dead, table);
}

void pgtable_reap(struct pgtable *pt)
{
	free_chain(pt, pt->dead);
	pt->dead = NULL;
}

/* The tree. */

static bool leaf_levels_valid(u8 levels)
{
	return levels == PT_LEAF_4K || levels == (PT_LEAF_4K | PT_LEAF_2M) ||
	       levels == PT_LEAF_ALL;
}

int pgtable_init(struct pgtable *pt, const struct pt_format *fmt,
		 struct page_pool *pool, u8 leaf_levels)
{
	*pt = (struct pgtable){ .fmt = fmt, .pool = pool };
	pt->leaf_levels = fmt->leaf_levels & leaf_levels;
	if (!leaf_levels_valid(pt->leaf_levels))
		return -EINVAL;
	pt->root = alloc_page(pt);
	return pt->root == NULL ? -ENOMEM : 0;
}

static void free_table(struct pgtable *pt, u64 *table, u8 level)
{
	for (u32 i = 0; level > 0 && i < PT_ENTRIES; i++) {
		u64 entry = pt_load(&table[i]);

		if (!pt_present(pt->fmt, entry) ||
		    pt_is_leaf(pt->fmt, entry, level) ||
		    (entry & pt->fmt->shared) != 0)
			continue;
		free_table(pt, pt_table_of(pt, entry), (u8)(level - 1));
	}
	free_page(pt, table);
}

void pgtable_destroy(struct pgtable *pt)
{
	if (pt->root == NULL)
		return;
	pgtable_reap(pt);
	free_table(pt, pt->root, pt_top(pt));
	pt->root = NULL;
}

hpa_t pgtable_root(const struct pgtable *pt)
{
	return pool_hpa(pt->pool, pt->root);
}

static void fill_leaf(const struct pgtable *pt, u64 entry, u8 level, u64 off,
		      struct pt_leaf *out)
{
	u64 size = pt_level_size(pt->fmt, level);

	*out = (struct pt_leaf){
		.va = pt_va(pt, align_down(off, size)),
		.pa = pt_decode_pa(pt->fmt, entry, level),
		.size = size,
		.attr = pt_decode_attr(pt->fmt, entry, level),
	};
}

bool pgtable_lookup(const struct pgtable *pt, u64 va, struct pt_leaf *out)
{
	const u64 *table = pt->root;
	u64 off;

	if (!va_to_off(pt, va, &off))
		return false;
	for (u8 level = pt_top(pt);; level--) {
		u64 entry = pt_load(&table[pt_index(pt->fmt, level, off)]);

		if (!pt_present(pt->fmt, entry))
			return false;
		if (pt_is_leaf(pt->fmt, entry, level)) {
			fill_leaf(pt, entry, level, off, out);
			return true;
		}
		table = pt_table_of(pt, entry);
	}
}

struct visit {
	const struct pgtable *pt;
	int (*fn)(const struct pt_leaf *leaf, void *arg);
	void *arg;
};

static int visit_table(const struct visit *v, const u64 *table, u8 level,
		       struct pt_span span);

static int visit_entry(const struct visit *v, u64 entry, u8 level,
		       struct pt_span part)
{
	struct pt_leaf leaf;

	if (!pt_present(v->pt->fmt, entry))
		return 0;
	if (!pt_is_leaf(v->pt->fmt, entry, level))
		return visit_table(v, pt_table_of(v->pt, entry),
				   (u8)(level - 1), part);
	fill_leaf(v->pt, entry, level, part.off, &leaf);
	return v->fn(&leaf, v->arg);
}

static int visit_table(const struct visit *v, const u64 *table, u8 level,
		       struct pt_span span)
{
	const struct pt_format *fmt = v->pt->fmt;

	while (span.off < span.end) {
		struct pt_span part =
			pt_first_slot(span, pt_level_size(fmt, level));
		u64 entry = pt_load(&table[pt_index(fmt, level, span.off)]);
		int ret = visit_entry(v, entry, level, part);

		if (ret != 0)
			return ret;
		span.off = part.end;
	}
	return 0;
}

int pgtable_for_each(const struct pgtable *pt, u64 va, u64 size,
		     int (*fn)(const struct pt_leaf *leaf, void *arg),
		     void *arg)
{
	struct visit v = { .pt = pt, .fn = fn, .arg = arg };
	struct pt_span span;
	int ret = pt_span_init(pt, va, size, &span);

	if (ret != 0)
		return ret;
	return visit_table(&v, pt->root, pt_top(pt), span);
}
