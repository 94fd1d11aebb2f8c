/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What stands behind the guest's RAM: huge pages, of 1 GiB where they fit
 * and exist, of 2 MiB for the rest; all taken before the guest starts, so
 * that a lack of memory is an error message and never a SIGBUS.
 */
#ifndef MEM_BACKING_H
#define MEM_BACKING_H

#include "core/error.h"
#include "mem/guest_mem.h"
#include "mem/hugepage.h"

enum { PAGES_1G, PAGES_2M, PAGES_KINDS };

/* One run of pages of one size: what one SET_MEMSEG tells the hypervisor. */
struct backing_piece {
	u64 gpa;
	u64 len;
	void *hva;
};

struct backing {
	struct huge_pool pool[PAGES_KINDS];
	int fd[PAGES_KINDS]; /* -1: none */
	u64 pages[PAGES_KINDS];
	struct backing_piece piece[GUEST_MEM_SEGMENTS];
	u32 count;
};

/**
 * Get the memory for mem, already split, and fill its segments.
 * hugetlb_path: a hugetlbfs mount for the pages, "auto", or NULL for memfd.
 */
int backing_alloc(struct backing *b, struct guest_mem *mem,
		  const char *hugetlb_path, struct dm_error *err);

/** Zero the pages and let go of them. */
void backing_free(struct backing *b);

#endif
