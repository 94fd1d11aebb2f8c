/* SPDX-License-Identifier: BSD-2-Clause */
#include "holm/memmap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "holm/names.h"

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

struct reading {
	struct memmap *m;
	const struct vms *vms;
	const struct holm_vm *vm; /* whose view it is */
};

static int paint_range(void *ctx, const struct holm_range *r)
{
	const struct reading *rd = ctx;
	struct span s = {
		.base = r->base,
		.size = r->size,
		.kind = kind_of(r->kind),
	};

	snprintf(s.owner, sizeof(s.owner), "%s", owner_of(s.kind, rd->vms));
	snprintf(s.what, sizeof(s.what), "%s", name_of_range(r->kind));
	return memmap_paint(rd->m, &s);
}

static int add_view(void *ctx, const struct holm_mapping *map)
{
	const struct reading *rd = ctx;
	struct memmap *m = rd->m;
	struct span s = {
		.base = map->hpa,
		.size = map->size,
		.kind = SPAN_USER,
		.slot = rd->vm->slot,
	};
	struct view *grown;

	if (!(map->flags & HOLM_MAP_RAM))
		return 0;
	grown = realloc(m->view, (m->nviews + 1) * sizeof(*m->view));
	if (!grown)
		return -ENOMEM;
	m->view = grown;
	m->view[m->nviews++] =
		(struct view){ rd->vm->slot, map->gpa, map->hpa, map->size };
	snprintf(s.owner, sizeof(s.owner), "%s", rd->vm->name);
	strcpy(s.what, "RAM, donated");
	return memmap_paint(m, &s);
}

int memmap_read(struct memmap *m, const struct source *src,
		const struct vms *vms)
{
	struct reading rd = { .m = m, .vms = vms };
	size_t i;
	int err;

	*m = (struct memmap){ NULL, 0, NULL, 0 };
	err = source_each_range(src, paint_range, &rd);
	/* A User VM may go meanwhile: then it has none. */
	for (i = 0; i < vms->n && !err; i++) {
		rd.vm = &vms->vm[i];
		if (rd.vm->vmid != 0)
			err = source_each_mapping(src, HOLM_QUERY_VM_MAP,
						  rd.vm->slot, add_view, &rd);
	}
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
