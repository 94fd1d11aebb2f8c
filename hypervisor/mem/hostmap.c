/* SPDX-License-Identifier: BSD-2-Clause */
#include "mem/hostmap.h"

#include "core/log.h"
#include "lib/errno.h"
#include "mem/layout.h"

#define TOP_SLOT      GIB(512)
#define IDENTITY_ATTR (PT_RW | PT_U)

static struct {
	struct pgtable base;
	struct page_pool *pool;
	u64 mapped_end;   /* beyond it there may be registers, not mapped */
	u64 identity_end; /* multiple of TOP_SLOT */
	u64 remap_next;
	u8 leaf_levels;
} host;

/* Rights of the image's parts; what lies between is not mapped. */
static int map_image(const struct hostmap_image *img)
{
	const struct {
		u64 from, to;
		u32 attr;
	} part[] = {
		{ 0, img->text, PT_R }, /* header */
		{ img->text, img->rodata, PT_RX },
		{ img->rodata, img->data, PT_R },
		{ img->data, img->end, PT_RW },
		{ HOLM_IMAGE_MAX, img->size, PT_RW }, /* the pool */
	};
	int rc = 0;

	for (u32 i = 0; i < ARRAY_SIZE(part) && !rc; i++) {
		if (part[i].to > part[i].from)
			rc = pgtable_map(&host.base, HOLM_BASE + part[i].from,
					 img->hpa.v + part[i].from,
					 part[i].to - part[i].from,
					 part[i].attr | PT_WB | PT_GLOBAL);
	}
	return rc;
}

static int map_identity(const struct hostmap_image *img, const struct e820 *map)
{
	u64 end = align_up(MAX(e820_end(map), GIB(4)), GIB(1));
	u64 hv_end = img->hpa.v + img->size;
	int rc;

	host.mapped_end = end;
	host.identity_end = align_up(end, TOP_SLOT);
	rc = pgtable_map(&host.base, 0, 0, img->hpa.v, IDENTITY_ATTR | PT_UC);
	if (!rc)
		rc = pgtable_map(&host.base, hv_end, hv_end, end - hv_end,
				 IDENTITY_ATTR | PT_UC);
	for (u32 i = 0; i < map->n && !rc; i++) {
		u64 from = align_up(map->e[i].base, PAGE_SIZE);
		u64 to = align_down(map->e[i].base + map->e[i].size, PAGE_SIZE);

		if (map->e[i].type == E820_RAM && to > from)
			rc = pgtable_protect(&host.base, from, to - from,
					     IDENTITY_ATTR | PT_WB);
	}
	return rc;
}

static int refuse_writable_code(const struct pt_leaf *leaf, void *arg)
{
	(void)arg;
	return (leaf->attr & (PT_W | PT_X)) == (PT_W | PT_X) ? -EPERM : 0;
}

/* Nothing that can be written can be executed, however it came to be so. */
static int check_map(void)
{
	int rc = pgtable_for_each(&host.base, 0, host.identity_end,
				  refuse_writable_code, NULL);

	if (rc)
		return rc;
	return pgtable_for_each(&host.base, HOLM_BASE, HOLM_WINDOW,
				refuse_writable_code, NULL);
}

int hostmap_build(struct page_pool *pool, const struct hostmap_image *img,
		  const struct e820 *map, u8 leaf_levels)
{
	int rc;

	host.pool = pool;
	host.leaf_levels = leaf_levels;
	host.remap_next = REMAP_BASE;
	rc = pgtable_init(&host.base, &pt_format_host, pool, leaf_levels);
	if (!rc)
		rc = map_image(img);
	if (!rc)
		rc = map_identity(img, map);
	if (rc)
		return rc;
	/* So that hiding and showing comes back to just this. */
	hostmap_settle();
	hostmap_reap();
	return check_map();
}

hpa_t hostmap_root(void)
{
	return pgtable_root(&host.base);
}

volatile void *hostmap_remap(hpa_t hpa, u64 size)
{
	u64 va = host.remap_next;
	u64 len = align_up(size, PAGE_SIZE);

	if (va + len > REMAP_BASE + REMAP_WINDOW)
		return NULL;
	if (pgtable_map(&host.base, va, align_down(hpa.v, PAGE_SIZE), len,
			PT_RW | PT_UC | PT_GLOBAL))
		return NULL;
	/* An unmapped page between two, so that an overrun faults. */
	host.remap_next += len + PAGE_SIZE;
	return (volatile u8 *)(uintptr_t)va + (hpa.v & (PAGE_SIZE - 1));
}

static int share_base(struct pgtable *pt)
{
	int rc;

	rc = pgtable_share(pt, &host.base, HOLM_BASE, HOLM_WINDOW);
	if (!rc)
		rc = pgtable_share(pt, &host.base, REMAP_BASE, REMAP_WINDOW);
	return rc;
}

u64 hostmap_area_size(u64 percpu_size)
{
	return LOCAL_STACK_SIZE + LOCAL_IST_SIZE +
	       align_up(percpu_size, PAGE_SIZE);
}

static int map_private(struct pgtable *pt, u64 hpa, u64 percpu_size)
{
	const struct {
		u64 va, size;
	} part[] = {
		{ LOCAL_STACK_BASE, LOCAL_STACK_SIZE },
		{ LOCAL_IST_BASE, LOCAL_IST_SIZE },
		{ LOCAL_PERCPU, align_up(percpu_size, PAGE_SIZE) },
	};
	int rc = 0;

	for (u32 i = 0; i < ARRAY_SIZE(part) && !rc; i++) {
		rc = pgtable_map(pt, part[i].va, hpa, part[i].size,
				 PT_RW | PT_WB);
		hpa += part[i].size;
	}
	return rc;
}

int hostmap_add_cpu(void *area, u64 percpu_size, struct pgtable *pt)
{
	hpa_t hpa = pool_hpa(host.pool, area);
	int rc;

	rc = pgtable_init(pt, &pt_format_host, host.pool, host.leaf_levels);
	if (!rc)
		rc = share_base(pt);
	if (!rc)
		rc = pgtable_share(pt, &host.base, 0, host.identity_end);
	if (!rc)
		rc = map_private(pt, hpa.v, percpu_size);
	if (!rc)
		rc = pgtable_unmap(&host.base, (u64)(uintptr_t)area,
				   hostmap_area_size(percpu_size));
	return rc;
}

/* Bytes from @hpa on, of @size, that can be mapped here at all. */
static u64 mapped_part(hpa_t hpa, u64 size)
{
	return hpa.v < host.mapped_end ? MIN(size, host.mapped_end - hpa.v) : 0;
}

int hostmap_hide(hpa_t hpa, u64 size)
{
	u64 n = mapped_part(hpa, size);

	return n ? pgtable_withdraw(&host.base, hpa.v, n) : 0;
}

void hostmap_show(hpa_t hpa, u64 size, u32 type)
{
	u64 n = mapped_part(hpa, size);

	if (n)
		CHECK(pgtable_map(&host.base, hpa.v, hpa.v, n,
				  IDENTITY_ATTR | type) == 0);
}

void hostmap_settle(void)
{
	CHECK(pgtable_collapse(&host.base, 0, host.identity_end) == 0);
}

void hostmap_reap(void)
{
	pgtable_reap(&host.base);
}

int hostmap_for_each(u64 from, int (*fn)(const struct pt_leaf *leaf, void *arg),
		     void *arg)
{
	if (from >= host.identity_end)
		return 0;
	return pgtable_for_each(&host.base, from, host.identity_end - from, fn,
				arg);
}

int hostmap_build_trampoline(struct pgtable *pt, u64 page)
{
	int rc;

	rc = pgtable_init(pt, &pt_format_host, host.pool, host.leaf_levels);
	if (!rc)
		rc = share_base(pt);
	if (!rc)
		rc = pgtable_map(pt, page, page, PAGE_SIZE, PT_RWX | PT_WB);
	return rc;
}
