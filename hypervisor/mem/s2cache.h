/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The last stage-2 translations of a vCPU, in software. Holm fetches an
 * instruction at almost every exit, and each fetch is a walk of five guest
 * pages; without this each of those would walk stage 2 as well.
 *
 * Exact, not a guess: stage 2 changes only while the vCPU is parked or with
 * a flush posted to it, and both clear the cache.
 */
#ifndef MEM_S2CACHE_H
#define MEM_S2CACHE_H

#include "lib/types.h"
#include "mem/addr.h"
#include "mem/stage2.h"

#define S2CACHE_ENTRIES 64U

struct s2_cache {
	struct {
		u64 key; /* page number + 1; 0: empty */
		u64 hpa;
	} e[S2CACHE_ENTRIES];
};

/** Forget everything. */
void s2cache_clear(struct s2_cache *c);

/** Walk stage 2 for s2cache_page(). */
u64 s2cache_fill(struct s2_cache *c, struct stage2 *s2, u64 gpa);

/** HPA of the page of guest RAM that holds @gpa, ADDR_NONE if none does. */
static inline u64 s2cache_page(struct s2_cache *c, struct stage2 *s2, u64 gpa)
{
	u64 key = (gpa >> PAGE_SHIFT) + 1;
	u32 i = (u32)key % S2CACHE_ENTRIES;

	if (likely(c->e[i].key == key))
		return c->e[i].hpa;
	return s2cache_fill(c, s2, gpa);
}

#endif
