/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The last walk through a guest's own tables, kept so that the next one to
 * the same page need only look whether it would be the same: the entries it
 * read are read again, where they were, and compared. So it is exact even if
 * the guest changes its tables without telling anyone.
 */
#ifndef MEM_WALKCACHE_H
#define MEM_WALKCACHE_H

#include "lib/types.h"
#include "mem/addr.h"

#define WALK_LEVELS 4U

struct walk_step {
	hpa_t at;  /* of the entry */
	u64 entry; /* what it held */
};

struct walk_cache {
	u64 cr3;
	u64 page; /* linear address of the 4 KiB page; 1: nothing here */
	u32 n;
	struct walk_step step[WALK_LEVELS];
	u64 hpa; /* of the page */
};

/** Forget it: stage 2 may have changed. */
static inline void walkcache_clear(struct walk_cache *c)
{
	c->page = 1;
}

#endif
