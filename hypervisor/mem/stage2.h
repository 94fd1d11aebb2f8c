/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest's memory: GPA to HPA. A locked page table that keeps count of what
 * is mapped. RAM is what is mapped write-back; nothing else is ever touched
 * on a guest's behalf. Whoever unmaps or protects flushes the guest's
 * translations and then calls stage2_reap().
 */
#ifndef MEM_STAGE2_H
#define MEM_STAGE2_H

#include "core/spinlock.h"
#include "lib/types.h"
#include "mem/addr.h"
#include "mem/pgtable.h"

struct stage2 {
	struct pgtable pt;
	struct spinlock lock;
	u64 ram_bytes;
	u64 leaves[3]; /* of 4 KiB, 2 MiB, 1 GiB */
	/* Holm does not map what is mapped here: see mem/physwin.h. */
	bool by_window;
};

/** Where a guest-physical address leads. */
struct s2_range {
	hpa_t hpa;
	u64 size; /* bytes from the address to the end of its leaf */
	u32 attr; /* PT_* */
};

/* As the pgtable functions of the same names, arguments and errors. */
int stage2_init(struct stage2 *s2, const struct pt_format *fmt,
		struct page_pool *pool, u8 leaf_levels);
void stage2_destroy(struct stage2 *s2);
int stage2_map(struct stage2 *s2, gpa_t gpa, hpa_t hpa, u64 size, u32 attr);
int stage2_unmap(struct stage2 *s2, gpa_t gpa, u64 size);
int stage2_protect(struct stage2 *s2, gpa_t gpa, u64 size, u32 attr);
int stage2_withdraw(struct stage2 *s2, gpa_t gpa, u64 size);
int stage2_collapse(struct stage2 *s2, gpa_t gpa, u64 size);
void stage2_reap(struct stage2 *s2);

/** -EBUSY: not all of it is mapped at its very address, with just @attr. */
int stage2_check_own(struct stage2 *s2, gpa_t gpa, u64 size, u32 attr);

/**
 * Check that and withdraw it, in one step: of two that take the same, one gets
 * it. -EBUSY; -ENOMEM. Nothing changed then.
 */
int stage2_take(struct stage2 *s2, gpa_t gpa, u64 size, u32 attr);

/** False if @gpa is not mapped. */
bool stage2_translate(struct stage2 *s2, gpa_t gpa, struct s2_range *out);

/* The same for a caller that holds the lock of @s2. */
int stage2_map_locked(struct stage2 *s2, gpa_t gpa, hpa_t hpa, u64 size,
		      u32 attr);
int stage2_unmap_locked(struct stage2 *s2, gpa_t gpa, u64 size);
bool stage2_translate_locked(const struct stage2 *s2, gpa_t gpa,
			     struct s2_range *out);

/**
 * Map in @dst, at @dst_gpa, the pages that @donor sees at @src_gpa, with
 * @attr and the largest leaves that fit. The donor keeps them mapped.
 * -EFAULT  a page is not mapped in the donor as RAM, or is read-only there
 *	    and @attr has PT_W
 * -EEXIST  @dst maps something in the range
 * -EINVAL  unaligned or bad ranges, bad attributes, @dst is @donor
 * -ENOMEM  no page for a table
 * On error @dst maps none of it, but if its guest is running it may have seen
 * some pages already: flush, then stage2_reap().
 */
int stage2_donate(struct stage2 *dst, gpa_t dst_gpa, struct stage2 *donor,
		  gpa_t src_gpa, u64 size, u32 attr);

#endif
