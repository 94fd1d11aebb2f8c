/* SPDX-License-Identifier: BSD-2-Clause */
/* Pages of Holm's pool, for the objects and tables of VMs. */
#ifndef MEM_PAGES_H
#define MEM_PAGES_H

#include "lib/types.h"
#include "mem/addr.h"
#include "mem/pool.h"

/** Set once at start. */
void pages_init(struct page_pool *pool);

/** The pool itself, for page tables. */
struct page_pool *pages_pool(void);

/** @n contiguous zeroed pages, NULL if there are none. */
void *pages_alloc(u64 n);

/** Give them back, scrubbed; NULL is fine. */
void pages_free(void *p, u64 n);

/** Their host-physical address. */
hpa_t pages_hpa(const void *p);

#endif
