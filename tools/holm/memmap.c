/* SPDX-License-Identifier: BSD-2-Clause */
#include "holm/memmap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "holm/names.h"

/* Pieces of an answer at once: what one ioctl carries. */
#define ANSWER_BYTES 4096

static uint64_t end_of(const struct span *s)
{
	return s->base + s->size;
}

static int span_insert(struct memmap *m, size_t at, const struct span *s)
{
	struct span *grown = realloc(m->span, (m->n + 1) * sizeof(*m->span));

	if (!grown)
		return -ENOMEM;
	m->span = grown;
	memmove(&grown[at + 1], &grown[at], (m->n - at) * sizeof(*grown));
	grown[at] = *s;
	m->n++;
	return 0;
}

static void span_remove(struct memmap *m, size_t at)
{
	m->n--;
	memmove(&m->span[at], &m->span[at + 1], (m->n - at) * sizeof(*m->span));
}

/* Cut [base, end) out of span @i; its rest behind stays as one of its own. */
static int span_cut(struct memmap *m, size_t i, uint64_t base, uint64_t end)
{
	struct span rest = m->span[i];

	if (end_of(&rest) > end) {
		rest.size = end_of(&rest) - end;
		rest.base = end;
		if (span_insert(m, i + 1, &rest))
			return -ENOMEM;
	}
	if (m->span[i].base < base)
		m->span[i].size = base - m->span[i].base;
	else
		span_remove(m, i);
	return 0;
}

int memmap_paint(struct memmap *m, const struct span *s)
{
	uint64_t end = end_of(s);
	size_t i = 0;

	if (s->size == 0)
		return 0;
	while (i < m->n && m->span[i].base < end) {
		bool keeps_head = m->span[i].base < s->base;

		if (end_of(&m->span[i]) > s->base) {
			if (span_cut(m, i, s->base, end))
				return -ENOMEM;
			i += keeps_head;
			continue;
		}
		i++;
	}
	for (i = 0; i < m->n && m->span[i].base < s->base; i++)
		;
	return span_insert(m, i, s);
}

static bool same_owner(const struct span *a, const struct span *b)
{
	return a->kind == b->kind && a->slot == b->slot &&
	       !strcmp(a->owner, b->owner) && !strcmp(a->what, b->what);
}

static void join_neighbours(struct memmap *m)
{
	size_t i = 0;

	while (i + 1 < m->n) {
		struct span *a = &m->span[i];

		if (end_of(a) != a[1].base || !same_owner(a, &a[1])) {
			i++;
			continue;
		}
		a->size += a[1].size;
		span_remove(m, i + 1);
	}
}

/* From address 0 to the last span nothing is left out. */
static int fill_holes(struct memmap *m)
{
	struct span hole = { .kind = SPAN_HOLE, .owner = "-" };
	uint64_t at = 0;
	size_t i;

	strcpy(hole.what, "no memory");
	for (i = 0; i < m->n; i++) {
		if (m->span[i].base > at) {
			hole.base = at;
			hole.size = m->span[i].base - at;
			if (span_insert(m, i++, &hole))
				return -ENOMEM;
		}
		at = end_of(&m->span[i]);
	}
	return 0;
}

int memmap_close(struct memmap *m)
{
	int err = fill_holes(m);

	if (!err)
		join_neighbours(m);
	return err;
}

static enum span_kind kind_of(uint32_t range)
{
	if (range == HOLM_RANGE_RAM)
		return SPAN_SERVICE;
	if (range == HOLM_RANGE_HOLM_IMAGE || range == HOLM_RANGE_HOLM_POOL)
		return SPAN_HOLM;
	if (range >= HOLM_RANGE_LAPIC && range <= HOLM_RANGE_IOMMU)
		return SPAN_DEVICE;
	return SPAN_FIRMWARE;
}

static const char *owner_of(enum span_kind kind, const struct vms *vms)
{
	static const char *const owners[] = {
		[SPAN_HOLE] = "-",
		[SPAN_FIRMWARE] = "firmware",
		[SPAN_HOLM] = "Holm",
		[SPAN_DEVICE] = "Holm",
	};

	if (kind == SPAN_SERVICE)
		return vms->n ? vms->vm[0].name : "service";
	return owners[kind];
}

static int paint_range(struct memmap *m, const struct holm_range *r,
		       const struct vms *vms)
{
	struct span s = {
		.base = r->base,
		.size = r->size,
		.kind = kind_of(r->kind),
	};

	snprintf(s.owner, sizeof(s.owner), "%s", owner_of(s.kind, vms));
	snprintf(s.what, sizeof(s.what), "%s", name_of_range(r->kind));
	return memmap_paint(m, &s);
}

static int read_ranges(struct memmap *m, const struct source *src,
		       const struct vms *vms)
{
	struct holm_range r[ANSWER_BYTES / sizeof(struct holm_range)];
	uint32_t index = 0;
	int got, i, n;

	for (;; index += (uint32_t)n) {
		got = src->query(src->ctx, HOLM_QUERY_MAP, index, 0, r,
				 sizeof(r));
		n = got / (int)sizeof(r[0]);
		if (got == -ENOENT || (got >= 0 && n == 0))
			return 0;
		if (got < 0)
			return got;
		for (i = 0; i < n; i++)
			if (paint_range(m, &r[i], vms))
				return -ENOMEM;
	}
}

static int add_view(struct memmap *m, const struct holm_vm *vm,
		    const struct holm_mapping *map)
{
	struct span s = {
		.base = map->hpa,
		.size = map->size,
		.kind = SPAN_USER,
		.slot = vm->slot,
	};
	struct view *grown =
		realloc(m->view, (m->nviews + 1) * sizeof(*m->view));

	if (!grown)
		return -ENOMEM;
	m->view = grown;
	m->view[m->nviews++] =
		(struct view){ vm->slot, map->gpa, map->hpa, map->size };
	snprintf(s.owner, sizeof(s.owner), "%s", vm->name);
	strcpy(s.what, "RAM, donated");
	return memmap_paint(m, &s);
}

/* The RAM of one User VM. It may go meanwhile: then it has none. */
static int read_views(struct memmap *m, const struct source *src,
		      const struct holm_vm *vm)
{
	struct holm_mapping map[ANSWER_BYTES / sizeof(struct holm_mapping)];
	uint64_t from = 0;
	int got, i, n;

	for (;;) {
		got = src->query(src->ctx, HOLM_QUERY_VM_MAP, vm->slot, from,
				 map, sizeof(map));
		n = got / (int)sizeof(map[0]);
		if (got == -ENOENT || (got >= 0 && n == 0))
			return 0;
		if (got < 0)
			return got;
		for (i = 0; i < n; i++)
			if ((map[i].flags & HOLM_MAP_RAM) &&
			    add_view(m, vm, &map[i]))
				return -ENOMEM;
		from = map[n - 1].gpa + map[n - 1].size;
	}
}

int memmap_read(struct memmap *m, const struct source *src,
		const struct vms *vms)
{
	size_t i;
	int err;

	*m = (struct memmap){ NULL, 0, NULL, 0 };
	err = read_ranges(m, src, vms);
	for (i = 0; i < vms->n && !err; i++)
		if (vms->vm[i].vmid != 0)
			err = read_views(m, src, &vms->vm[i]);
	if (!err)
		err = memmap_close(m);
	if (err)
		memmap_free(m);
	return err;
}

void memmap_free(struct memmap *m)
{
	free(m->span);
	free(m->view);
	*m = (struct memmap){ NULL, 0, NULL, 0 };
}

uint64_t memmap_owned(const struct memmap *m, const char *owner)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < m->n; i++)
		if (!strcmp(m->span[i].owner, owner) &&
		    m->span[i].kind != SPAN_DEVICE)
			sum += m->span[i].size;
	return sum;
}
