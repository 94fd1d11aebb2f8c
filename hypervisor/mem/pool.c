/* SPDX-License-Identifier: BSD-2-Clause */
#include "mem/pool.h"

#include "lib/bitmap.h"
#include "lib/errno.h"
#include "lib/string.h"

void pool_init(struct page_pool *pool, void *base, hpa_t hpa, u64 pages,
	       u64 *bitmap)
{
	*pool = (struct page_pool){
		.lock = SPINLOCK_INIT,
		.base = base,
		.hpa = hpa,
		.pages = pages,
		.bitmap = bitmap,
	};
	memset(bitmap, 0, BITMAP_WORDS(pages) * sizeof(*bitmap));
}

/* The first page at or after @n whose physical address is so aligned. */
static u64 next_aligned(const struct page_pool *pool, u64 n, u64 align)
{
	u64 frame = pool->hpa.v >> PAGE_SHIFT;

	return align_up(frame + n, align) - frame;
}

/* The first free run from page @from on; BITMAP_NONE if there is none. */
static u64 find_run(const struct page_pool *pool, u64 from, u64 pages,
		    u64 align)
{
	u64 n = from;

	for (;;) {
		n = bitmap_find_clear(pool->bitmap, pool->pages, n);
		if (n == BITMAP_NONE)
			return BITMAP_NONE;
		n = next_aligned(pool, n, align);
		if (n > pool->pages || pages > pool->pages - n)
			return BITMAP_NONE;
		u64 taken = bitmap_find_set(pool->bitmap, n + pages, n);
		if (taken == BITMAP_NONE)
			return n;
		n = taken + 1;
	}
}

static u64 take_run(struct page_pool *pool, u64 pages, u64 align)
{
	u64 n = find_run(pool, pool->hint, pages, align);

	if (n == BITMAP_NONE)
		return n;
	for (u64 i = 0; i < pages; i++)
		bitmap_set(pool->bitmap, n + i);
	pool->used += pages;
	/* Alignment may have skipped free pages below the run. */
	if (align == 1 && pages == 1)
		pool->hint = n + 1;
	return n;
}

void *pool_alloc(struct page_pool *pool, u64 pages, u64 align_pages)
{
	u64 align = align_pages == 0 ? 1 : align_pages;
	u64 n;
	u8 *va;

	if (pages == 0 || pages > pool->pages || (align & (align - 1)) != 0)
		return NULL;
	/* Beyond this, rounding a frame number up could wrap. */
	if (align > BIT64(52))
		return NULL;
	spin_lock(&pool->lock);
	n = take_run(pool, pages, align);
	spin_unlock(&pool->lock);
	if (n == BITMAP_NONE)
		return NULL;
	va = pool->base + (n << PAGE_SHIFT);
	memset(va, 0, pages << PAGE_SHIFT);
	return va;
}

static bool all_taken(const struct page_pool *pool, u64 first, u64 pages)
{
	return bitmap_find_clear(pool->bitmap, first + pages, first) ==
	       BITMAP_NONE;
}

/*
 * Wiping under the lock: were it done before, a second free of the same
 * pages could wipe what a new owner has written by then.
 */
static int release_run(struct page_pool *pool, u64 first, u64 pages)
{
	if (!all_taken(pool, first, pages))
		return -EINVAL;
	memset(pool->base + (first << PAGE_SHIFT), 0, pages << PAGE_SHIFT);
	for (u64 i = 0; i < pages; i++)
		bitmap_clear(pool->bitmap, first + i);
	pool->used -= pages;
	pool->hint = MIN(pool->hint, first);
	return 0;
}

int pool_free(struct page_pool *pool, void *va, u64 pages)
{
	u64 off = (u64)((uintptr_t)va - (uintptr_t)pool->base);
	u64 first = off >> PAGE_SHIFT;
	int ret;

	if ((uintptr_t)va < (uintptr_t)pool->base ||
	    !is_aligned(off, PAGE_SIZE))
		return -EINVAL;
	if (first >= pool->pages || pages == 0 || pages > pool->pages - first)
		return -EINVAL;
	spin_lock(&pool->lock);
	ret = release_run(pool, first, pages);
	spin_unlock(&pool->lock);
	return ret;
}

hpa_t pool_hpa(const struct page_pool *pool, const void *va)
{
	u64 off = (u64)((uintptr_t)va - (uintptr_t)pool->base);

	if (off >= pool->pages << PAGE_SHIFT)
		return HPA_NONE;
	return hpa_add(pool->hpa, off);
}

void *pool_hva(const struct page_pool *pool, hpa_t hpa)
{
	u64 off = hpa.v - pool->hpa.v;

	if (off >= pool->pages << PAGE_SHIFT)
		return NULL;
	return pool->base + off;
}
