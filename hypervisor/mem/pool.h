/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page allocator over one host-physical contiguous range that is mapped at
 * one contiguous virtual range. One bit a page; set means taken.
 */
#ifndef MEM_POOL_H
#define MEM_POOL_H

#include "core/spinlock.h"
#include "lib/types.h"
#include "mem/addr.h"

struct page_pool {
	struct spinlock lock;
	u8 *base;  /* where the range is mapped */
	hpa_t hpa; /* where it is */
	u64 pages;
	u64 *bitmap;
	u64 used; /* pages taken now */
	u64 hint; /* no free page below this one */
};

/**
 * Make @pool hand out the @pages pages at @base, which is host-physical @hpa.
 * Both are page aligned. @bitmap is the caller's memory, BITMAP_WORDS(@pages)
 * words, zeroed here, and must outlive the pool.
 */
void pool_init(struct page_pool *pool, void *base, hpa_t hpa, u64 pages,
	       u64 *bitmap);

/**
 * Take @pages contiguous pages, zeroed, whose host-physical address is a
 * multiple of @align_pages pages (a power of two; 0 means 1).
 * NULL when no such run is free or the arguments are out of range.
 */
void *pool_alloc(struct page_pool *pool, u64 pages, u64 align_pages);

/**
 * Give pages back; their content is wiped before anybody can get them again.
 * -EINVAL, nothing changed, if the range is not page aligned, not wholly
 * inside the pool, or has a page that is not taken (freed twice).
 */
int pool_free(struct page_pool *pool, void *va, u64 pages);

/** Host-physical address of @va; HPA_NONE if it is not in the pool. */
hpa_t pool_hpa(const struct page_pool *pool, const void *va);

/** Where host-physical @hpa is mapped; NULL if it is not in the pool. */
void *pool_hva(const struct page_pool *pool, hpa_t hpa);

#endif
