/* SPDX-License-Identifier: BSD-2-Clause */
#include "mem/pages.h"

#include "core/log.h"

static struct page_pool *vm_pool;

void pages_init(struct page_pool *pool)
{
	vm_pool = pool;
}

struct page_pool *pages_pool(void)
{
	return vm_pool;
}

void *pages_alloc(u64 n)
{
	return pool_alloc(vm_pool, n, 1);
}

void pages_free(void *p, u64 n)
{
	if (p)
		CHECK(!pool_free(vm_pool, p, n));
}

hpa_t pages_hpa(const void *p)
{
	return pool_hpa(vm_pool, p);
}
