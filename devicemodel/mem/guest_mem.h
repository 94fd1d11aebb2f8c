/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest's RAM as this process sees it. Every touch of it goes through
 * here: a range is checked, overflow-safe, against the segments before a
 * pointer exists. Constant while the guest runs, so it needs no lock; what
 * lies in it may change under our eyes, so copy first, then check the copy.
 */
#ifndef MEM_GUEST_MEM_H
#define MEM_GUEST_MEM_H

#include "core/types.h"

#define GUEST_LOW_LIMIT    (2 * GIB)
#define GUEST_HIGH_BASE    (4 * GIB)
#define GUEST_MEM_SEGMENTS 4 /* low and high RAM, two page sizes */

struct guest_segment {
	u64 gpa;
	u64 len;
	u8 *hva;
};

struct guest_mem {
	u64 low;  /* RAM is [0, low) and ... */
	u64 high; /* ... [4 GiB, 4 GiB + high) */
	struct guest_segment seg[GUEST_MEM_SEGMENTS];
	u32 count;
};

/** Split size into low and high RAM: [0, min(size, 2G)), the rest from 4G. */
void guest_mem_split(struct guest_mem *mem, u64 size);

/** Add a segment; segments adjacent in both spaces merge. -ENOSPC if full. */
int guest_mem_add(struct guest_mem *mem, gpa_t gpa, u64 len, void *hva);

/** A pointer to [gpa, gpa + len), or NULL when not all of it is RAM. */
void *guest_mem_at(const struct guest_mem *mem, gpa_t gpa, u64 len);

/**
 * A pointer to gpa, and *len cut to what follows it in one piece; NULL when
 * gpa is not RAM. For buffers, which may cross from one segment to another.
 */
void *guest_mem_run(const struct guest_mem *mem, gpa_t gpa, u64 *len);

/** Copy in or out. -EFAULT when not all of the range is RAM. */
int guest_mem_read(const struct guest_mem *mem, gpa_t gpa, void *to, u64 len);
int guest_mem_write(const struct guest_mem *mem, gpa_t gpa, const void *from,
		    u64 len);
int guest_mem_zero(const struct guest_mem *mem, gpa_t gpa, u64 len);

#endif
