/* SPDX-License-Identifier: BSD-2-Clause */
#include "mem/s2cache.h"

#include "lib/string.h"

void s2cache_clear(struct s2_cache *c)
{
	memset(c, 0, sizeof(*c));
}

u64 s2cache_fill(struct s2_cache *c, struct stage2 *s2, u64 gpa)
{
	u64 page = align_down(gpa, PAGE_SIZE);
	u64 key = (gpa >> PAGE_SHIFT) + 1;
	u32 i = (u32)key % S2CACHE_ENTRIES;
	struct s2_range r;

	if (!stage2_translate(s2, GPA(page), &r))
		return ADDR_NONE;
	/* Reading a device could change it. */
	if ((r.attr & PT_TYPE_MASK) != PT_WB || !(r.attr & PT_R))
		return ADDR_NONE;
	c->e[i].key = key;
	c->e[i].hpa = r.hpa.v;
	return r.hpa.v;
}
