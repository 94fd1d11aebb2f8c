/* SPDX-License-Identifier: BSD-2-Clause */
#include "cell/linux_map.h"

#include <errno.h>
#include <stdlib.h>

#include "cell/compile.h"
#include "cell/range.h"

#define RAM_FLAGS (HOLM_CELL_M_READ | HOLM_CELL_M_WRITE | HOLM_CELL_M_EXEC)
#define NOT_RAM   (HOLM_CELL_M_DEVICE | HOLM_CELL_M_SHARED)
#define PAGE      4096ULL
#define FOUR_GIB  (4 * GIB)

static void add(struct linux_map *map, u64 at, u64 size, u32 flags)
{
	bool ram = (flags & RAM_FLAGS) == RAM_FLAGS && !(flags & NOT_RAM);

	map->region[map->n++] = (struct linux_region){
		.at = at,
		.size = size,
		.ram = ram,
		.load = ram && (flags & HOLM_CELL_M_LOAD),
	};
}

static void add_all(struct linux_map *map, const struct holm_cell_desc *d)
{
	const struct holm_cell_mem *m = NULL;
	const struct holm_cell_comm *c = NULL;
	const struct holm_cell_ivshmem *v = NULL;

	while ((m = cell_record_next(d, HOLM_CELL_R_MEM, m)))
		add(map, m->virt, m->size, m->flags);
	while ((c = cell_record_next(d, HOLM_CELL_R_COMM, c)))
		add(map, c->virt, PAGE, 0);
	while ((v = cell_record_next(d, HOLM_CELL_R_IVSHMEM, v)))
		add(map, v->virt, cell_record_link_size(v), 0);
}

static int by_address(const void *left, const void *right)
{
	const struct linux_region *a = left, *b = right;

	return (a->at > b->at) - (a->at < b->at);
}

/* Memory that comes in huge pages has a record for each. */
static void join(struct linux_map *map)
{
	struct linux_region *r = map->region;
	u32 i, n = 0;

	for (i = 1; i < map->n; i++) {
		if (r[n].at + r[n].size == r[i].at && r[n].ram == r[i].ram &&
		    r[n].load == r[i].load)
			r[n].size += r[i].size;
		else
			r[++n] = r[i];
	}
	map->n = map->n ? n + 1 : 0;
}

int linux_map_build(const struct holm_cell_desc *d, struct linux_map *map)
{
	/* A record is longer than its head, so there are fewer than these. */
	size_t most = d->size / sizeof(struct holm_cell_record) + 1;

	map->n = 0;
	map->region = calloc(most, sizeof(*map->region));
	if (!map->region)
		return -ENOMEM;
	add_all(map, d);
	qsort(map->region, map->n, sizeof(*map->region), by_address);
	join(map);
	return 0;
}

void linux_map_free(struct linux_map *map)
{
	free(map->region);
	*map = (struct linux_map){ 0 };
}

static bool contains(const struct linux_region *r, u64 at, u64 size)
{
	return at >= r->at && size <= r->size && at - r->at <= r->size - size;
}

bool linux_map_is_ram(const struct linux_map *map, u64 at, u64 size)
{
	u32 i;

	for (i = 0; i < map->n; i++)
		if (map->region[i].load && contains(&map->region[i], at, size))
			return true;
	return false;
}

bool linux_map_is_free(const struct linux_map *map, u64 at, u64 size)
{
	u32 i;

	for (i = 0; i < map->n; i++)
		if (map->region[i].at < at + size &&
		    at < map->region[i].at + map->region[i].size)
			return false;
	return true;
}

struct e820_list {
	struct e820_entry *entry;
	u32 max;
	u32 n;
	bool full;
};

static void list_add(struct e820_list *l, u64 at, u64 end, u32 type)
{
	if (at >= end)
		return;
	if (l->n == l->max)
		l->full = true;
	else
		l->entry[l->n++] = (struct e820_entry){ at, end - at, type };
}

/* RAM that reaches below 1 MiB has a PC's holes. */
static void list_ram(struct e820_list *l, u64 at, u64 end)
{
	list_add(l, at, min_u64(end, LINUX_LOW_END), E820_RAM);
	if (at < LINUX_TABLES_END)
		list_add(l, LINUX_TABLES, min_u64(end, LINUX_TABLES_END),
			 E820_RESERVED);
	list_add(l, at > LINUX_TABLES_END ? at : LINUX_TABLES_END, end,
		 E820_RAM);
}

int linux_map_e820(const struct linux_map *map, struct e820_entry *e, u32 max)
{
	struct e820_list l = { .entry = e, .max = max };
	u32 i;

	for (i = 0; i < map->n; i++) {
		const struct linux_region *r = &map->region[i];

		if (r->ram)
			list_ram(&l, r->at, r->at + r->size);
		else
			list_add(&l, r->at, r->at + r->size, E820_RESERVED);
	}
	return l.full ? -E2BIG : (int)l.n;
}

bool linux_map_place_kernel(const struct linux_map *map,
			    const struct bzimage *img, u64 *at)
{
	u32 i;

	*at = img->load_addr;
	if (linux_map_is_ram(map, *at, img->init_size))
		return true;
	/* Lower than it prefers it would move itself there. */
	for (i = 0; i < map->n && img->relocatable; i++) {
		const struct linux_region *r = &map->region[i];

		if (r->at < img->load_addr || r->at >= FOUR_GIB)
			continue;
		*at = align_up(r->at, img->align);
		if (r->load && contains(r, *at, img->init_size) &&
		    *at + img->init_size <= FOUR_GIB)
			return true;
	}
	return false;
}

/* As high as can be in [low, high). */
static bool place_below(u64 low, u64 high, u64 size, u64 *at)
{
	if (high < low || high - low < size)
		return false;
	*at = (high - size) & ~(PAGE - 1);
	return *at >= low;
}

static bool place_in(const struct linux_region *r, u64 limit, u64 kernel,
		     const struct bzimage *img, u64 size, u64 *at)
{
	u64 low = r->at > LINUX_TABLES_END ? r->at : LINUX_TABLES_END;
	u64 high = min_u64(r->at + r->size, limit);
	u64 after = kernel + img->init_size;

	if (kernel >= high || after <= low)
		return place_below(low, high, size, at);
	return place_below(after, high, size, at) ||
	       place_below(low, kernel, size, at);
}

bool linux_map_place_initrd(const struct linux_map *map,
			    const struct bzimage *img, u64 kernel, u64 size,
			    u64 *at)
{
	u64 limit = min_u64((u64)img->initrd_max + 1, FOUR_GIB);
	u32 i;

	for (i = map->n; i-- > 0;)
		if (map->region[i].load &&
		    place_in(&map->region[i], limit, kernel, img, size, at))
			return true;
	return false;
}
