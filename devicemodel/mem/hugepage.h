/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's pool of huge pages, by way of sysfs: makes sure enough are
 * free, and gives back what it added.
 */
#ifndef MEM_HUGEPAGE_H
#define MEM_HUGEPAGE_H

#include "core/types.h"

#define HUGE_2M    (2 * MIB)
#define HUGE_1G    GIB
#define HUGE_SYSFS "/sys/kernel/mm/hugepages"

struct huge_pool {
	const char *sysfs; /* HUGE_SYSFS, or a test's directory */
	u64 page_size;
	u64 added; /* pages the pool has grown by because of us */
};

/**
 * Lock the pool against other device models: counting free pages, growing
 * the pool and taking the pages must be one step. Returns a file descriptor
 * for huge_unlock() or a negative errno (-ENOENT: no such page size).
 */
int huge_lock(const struct huge_pool *pool);
void huge_unlock(int lock);

/** Pages free now, grown towards want if may_grow. Needs the lock. */
u64 huge_make_free(struct huge_pool *pool, u64 want, bool may_grow);

/** Shrink the pool by what huge_make_free() added. */
void huge_give_back(struct huge_pool *pool);

#endif
