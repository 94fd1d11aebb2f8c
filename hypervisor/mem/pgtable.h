/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One page-table engine for every walker there is: the host's own, NPT, EPT.
 * What differs between them is data, struct pt_format.
 *
 * A hardware walker may run at any time. Entries are written with one 64-bit
 * store, a table is filled before it is linked, and a large leaf is split by
 * swapping it for a table that maps the same, so a mapped page never looks
 * unmapped. Callers serialise writers, and flush translation caches after
 * unmap and protect. A table that became empty may still be in such a cache:
 * it is kept aside until pgtable_reap().
 */
#ifndef MEM_PGTABLE_H
#define MEM_PGTABLE_H

#include "lib/types.h"
#include "mem/addr.h"
#include "mem/pool.h"

/* What a mapping permits. Every mapping permits reading. */
#define PT_R      BIT32(0)
#define PT_W      BIT32(1)
#define PT_X      BIT32(2)
#define PT_U      BIT32(3) /* user page: SMAP guards it; host only */
#define PT_GLOBAL BIT32(4) /* host only */

/* Memory type, numbered as MTRRs and EPT do (Intel SDM vol 3, 12.11.2.1). */
#define PT_TYPE_SHIFT 8
#define PT_TYPE_MASK  ((u32)7 << PT_TYPE_SHIFT)
#define PT_UC         ((u32)0 << PT_TYPE_SHIFT)
#define PT_WC         ((u32)1 << PT_TYPE_SHIFT)
#define PT_WT         ((u32)4 << PT_TYPE_SHIFT)
#define PT_WP         ((u32)5 << PT_TYPE_SHIFT)
#define PT_WB         ((u32)6 << PT_TYPE_SHIFT)

#define PT_RW        (PT_R | PT_W)
#define PT_RX        (PT_R | PT_X)
#define PT_RWX       (PT_R | PT_W | PT_X)
#define PT_ATTR_MASK (PT_RWX | PT_U | PT_GLOBAL | PT_TYPE_MASK)

#define PT_MAX_LEVELS 5
#define PT_LEVEL_BITS 9
#define PT_ENTRIES    512

/* Bits of leaf_levels: level n maps 4 KiB << (9 * n). */
#define PT_LEAF_4K  BIT32(0)
#define PT_LEAF_2M  BIT32(1)
#define PT_LEAF_1G  BIT32(2)
#define PT_LEAF_ALL (PT_LEAF_4K | PT_LEAF_2M | PT_LEAF_1G)

/** How a format says yes and no to one permission. */
struct pt_flag {
	u64 yes; /* bits set where the permission is given */
	u64 no;  /* bits set where it is not */
};

/**
 * Everything that tells one kind of table from another. Level 0 maps 4 KiB
 * pages, level levels - 1 is the root. Index 0 of the pairs is for leaves of
 * level 0, index 1 for large leaves.
 */
struct pt_format {
	const char *name;
	u8 levels;
	bool canonical; /* addresses are sign-extended from the top bit */
	u8 leaf_levels; /* PT_LEAF_*: where the format allows leaves */
	u8 shift[PT_MAX_LEVELS];
	u64 present;     /* any of these set: the entry is there */
	u64 large_mask;  /* above level 0 an entry is a leaf if */
	u64 large_value; /* (entry & large_mask) == large_value */
	u64 addr_mask;   /* address bits of a table entry and of a 4K leaf */
	u64 table_bits[PT_MAX_LEVELS]; /* of an entry that links a table */
	u64 leaf_bits[2];              /* fixed bits of every leaf */
	struct pt_flag w, x, u, global;
	u64 type_mask[2];
	u64 type[2][8]; /* encoding of each memory type */
	u64 shared;     /* software: the table belongs to another tree */
	u64 pinned;     /* software: another tree links this table too */
};

/** x86-64 4-level paging with PAT as at power-on; PT_WC is UC-. */
extern const struct pt_format pt_format_host;
/** AMD nested paging: 4-level, every entry a user entry. */
extern const struct pt_format pt_format_npt;
/** Intel EPT, 4-level. */
extern const struct pt_format pt_format_ept;

struct pgtable {
	const struct pt_format *fmt;
	struct page_pool *pool;
	void *root;
	u64 table_pages; /* pages taken from the pool, dead ones included */
	u8 leaf_levels;  /* what the format and this CPU both allow */
	u64 *dead;       /* unlinked tables that wait for pgtable_reap() */
};

struct pt_leaf {
	u64 va;
	u64 pa;
	u64 size;
	u32 attr;
};

/**
 * Make an empty tree. @leaf_levels (PT_LEAF_*) is what the CPU can walk and
 * must contain PT_LEAF_4K. -EINVAL, -ENOMEM.
 */
int pgtable_init(struct pgtable *pt, const struct pt_format *fmt,
		 struct page_pool *pool, u8 leaf_levels);

/**
 * Free every table. No walker may use the tree any more, and no other tree
 * may share tables of it: destroy the sharers first.
 */
void pgtable_destroy(struct pgtable *pt);

/**
 * Map [@va, @va + @size) to @pa with the largest leaves that fit. All three
 * are multiples of 4 KiB. A memory type that the format cannot say becomes
 * the next stronger one. Returns 0 or, with nothing changed:
 * -EINVAL  unaligned, empty, out of the address range, bad attributes
 * -EEXIST  something in the range is mapped
 * -EPERM   the range reaches into a shared table
 * -ENOMEM  no page for a table
 */
int pgtable_map(struct pgtable *pt, u64 va, u64 pa, u64 size, u32 attr);

/**
 * Unmap the range; holes in it are fine; large leaves at its edges are split.
 * Errors as pgtable_map, nothing changed.
 */
int pgtable_unmap(struct pgtable *pt, u64 va, u64 size);

/**
 * As pgtable_unmap(), but the tables stay, even empty: until the next unmap
 * there, mapping the same range again takes no page and so cannot fail.
 */
int pgtable_withdraw(struct pgtable *pt, u64 va, u64 size);

/**
 * Undo what splitting left behind: where a table that the range touches maps
 * what one large leaf would, that leaf takes its place. Nothing changes for
 * who walks the tree; the tables wait for pgtable_reap(). -EINVAL as above.
 */
int pgtable_collapse(struct pgtable *pt, u64 va, u64 size);

/**
 * Give whatever is mapped in the range the attributes @attr, splitting large
 * leaves at the edges. Errors as pgtable_map, nothing changed.
 */
int pgtable_protect(struct pgtable *pt, u64 va, u64 size, u32 attr);

/** Free tables set aside by unmap. Call after translations are flushed. */
void pgtable_reap(struct pgtable *pt);

/** The leaf that covers @va, from its first byte. False if there is none. */
bool pgtable_lookup(const struct pgtable *pt, u64 va, struct pt_leaf *out);

/**
 * Let @dst map what @src maps in [@va, @va + @size), now and later: the tables
 * below are the same ones. Whole top-level entries (512 GiB) are linked at the
 * root, the rest per 1 GiB; @src gets a table wherever it has none yet or has
 * a 1 GiB leaf. @dst can never change or free a shared table (-EPERM), @src
 * never frees it before pgtable_destroy(). Both are of one format and pool.
 * -EINVAL  not multiples of 1 GiB, or not of one format and pool
 * -EEXIST  @dst maps something there
 * -EPERM   @src itself has the table from another tree and would change it
 * -ENOMEM
 */
int pgtable_share(struct pgtable *dst, struct pgtable *src, u64 va, u64 size);

/** What goes into CR3, nCR3 or the EPT pointer, without their flag bits. */
hpa_t pgtable_root(const struct pgtable *pt);

/**
 * Call @fn, in rising order, for each leaf that touches [@va, @va + @size),
 * whole, not clipped. Stops when @fn returns other than 0 and returns that.
 * -EINVAL for a bad range. @fn must not change the tree.
 */
int pgtable_for_each(const struct pgtable *pt, u64 va, u64 size,
		     int (*fn)(const struct pt_leaf *leaf, void *arg),
		     void *arg);

#endif
