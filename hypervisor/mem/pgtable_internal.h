/* SPDX-License-Identifier: BSD-2-Clause */
/* Shared by the files of the page-table engine, and by nobody else. */
#ifndef MEM_PGTABLE_INTERNAL_H
#define MEM_PGTABLE_INTERNAL_H

#include "mem/pgtable.h"

/*
 * Inside the engine an address is its offset in the tree's range, that is,
 * without the sign extension; ends are exclusive and cannot wrap.
 */
struct pt_span {
	u64 off;
	u64 end;
};

/** Pages taken in advance, so that an update cannot fail half-way. */
struct pt_spare {
	u64 *head;
};

static inline u64 pt_load(const u64 *slot)
{
	return __atomic_load_n(slot, __ATOMIC_RELAXED);
}

/** Release: what an entry links is filled before the entry is seen. */
static inline void pt_store(u64 *slot, u64 entry)
{
	__atomic_store_n(slot, entry, __ATOMIC_RELEASE);
}

static inline bool pt_present(const struct pt_format *fmt, u64 entry)
{
	return (entry & fmt->present) != 0;
}

static inline bool pt_is_leaf(const struct pt_format *fmt, u64 entry, u8 level)
{
	return level == 0 || (entry & fmt->large_mask) == fmt->large_value;
}

static inline u64 pt_level_size(const struct pt_format *fmt, u8 level)
{
	return BIT64(fmt->shift[level]);
}

static inline u64 pt_index(const struct pt_format *fmt, u8 level, u64 off)
{
	return (off >> fmt->shift[level]) & (PT_ENTRIES - 1);
}

static inline u8 pt_top(const struct pgtable *pt)
{
	return (u8)(pt->fmt->levels - 1);
}

/** The part of @span inside the slot, of size @size, where it starts. */
static inline struct pt_span pt_first_slot(struct pt_span span, u64 size)
{
	u64 next = align_down(span.off, size) + size;

	return (struct pt_span){ span.off, MIN(span.end, next) };
}

static inline u64 *pt_table_of(const struct pgtable *pt, u64 entry)
{
	return pool_hva(pt->pool, HPA(entry & pt->fmt->addr_mask));
}

/** Entry that links @table, seen from level @level. */
u64 pt_encode_table(const struct pgtable *pt, const u64 *table, u8 level);
u64 pt_encode_leaf(const struct pt_format *fmt, u64 pa, u32 attr, u8 level);
u32 pt_decode_attr(const struct pt_format *fmt, u64 entry, u8 level);
u64 pt_decode_pa(const struct pt_format *fmt, u64 entry, u8 level);
bool pt_attr_valid(u32 attr);

/** Check a range and turn it into a span. -EINVAL. */
int pt_span_init(const struct pgtable *pt, u64 va, u64 size,
		 struct pt_span *span);
/** The address that offset @off stands for. */
u64 pt_va(const struct pgtable *pt, u64 off);

/** Take @n pages. -ENOMEM, none taken. */
int pt_spare_get(struct pgtable *pt, struct pt_spare *spare, u64 n);
/** Give back what was not used. */
void pt_spare_put(struct pgtable *pt, struct pt_spare *spare);
/** One page of those taken; zeroed. There must be one. */
u64 *pt_spare_take(struct pt_spare *spare);

/** Set an unlinked table aside until pgtable_reap(). */
void pt_bury(struct pgtable *pt, u64 *table);

/**
 * Replace the large leaf in @slot of a table of level @level by a spare table
 * that maps the same.
 */
void pt_split(struct pgtable *pt, u64 *slot, u8 level, struct pt_spare *spare);

#endif
