/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's pool of huge pages, by way of sysfs: makes sure enough are
 * free. Pages that the pool grew by are only lent: as soon as they are taken,
 * the pool's size is set back, which makes them surplus in the kernel's
 * words, and the kernel frees them when their user goes, however it goes.
 */
#ifndef MEM_HUGEPAGE_H
#define MEM_HUGEPAGE_H

#include "core/types.h"

#include <sys/types.h>

#define HUGE_2M    (2 * MIB)
#define HUGE_1G    GIB
#define HUGE_SYSFS "/sys/kernel/mm/hugepages"

struct huge_pool {
	const char *sysfs; /* HUGE_SYSFS, or a test's directory */
	u64 page_size;
	pid_t keeper;  /* process that sets the pool's size back, 0: none */
	int keeper_fd; /* it does so when this is closed */
};

/**
 * Lock the pool against other device models: counting free pages, growing
 * the pool and taking the pages must be one step. Returns a file descriptor
 * for huge_unlock() or a negative errno (-ENOENT: no such page size).
 */
int huge_lock(const struct huge_pool *pool);
void huge_unlock(int lock);

/**
 * Pages free now, grown towards want if may_grow. Needs the lock, which is to
 * be held until huge_settle(). A caller that dies in between leaves no trace.
 */
u64 huge_make_free(struct huge_pool *pool, u64 want, bool may_grow);

/** The pages are taken: set the size back, if huge_make_free() changed it. */
void huge_settle(struct huge_pool *pool);

#endif
