/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "holm/audit.h"

#define ANSWER_BYTES 4096
#define TRIES        8

/* Room for one more element; what is there stays. */
static void *grow(void *array, size_t n, size_t size)
{
	/* Doubled whenever the number is a power of two. */
	if (n & (n - 1))
		return array;
	return realloc(array, (n ? 2 * n : 1) * size);
}

#define PUSH(array, n, item)                                     \
	({                                                       \
		void *grown_ = grow(array, n, sizeof(*(array))); \
		if (grown_) {                                    \
			(array) = grown_;                        \
			(array)[(n)++] = (item);                 \
		}                                                \
		grown_ ? 0 : -ENOMEM;                            \
	})

/* What is being asked of: @g is NULL where it is of no guest. */
struct asking {
	struct facts *f;
	const struct guest *g;
};

static int add_reach(void *ctx, const struct holm_mapping *m)
{
	const struct asking *a = ctx;
	const struct reach r = {
		.guest = a->g,
		.hpa = m->hpa,
		.size = m->size,
		.gpa = m->gpa,
		.flags = m->flags,
	};

	return PUSH(a->f->reach, a->f->reaches, r);
}

static int add_host(void *ctx, const struct holm_mapping *m)
{
	const struct asking *a = ctx;

	return PUSH(a->f->host, a->f->hosts, *m);
}

static int add_range(void *ctx, const struct holm_range *r)
{
	const struct asking *a = ctx;

	return PUSH(a->f->range, a->f->ranges, *r);
}

static int read_host(struct facts *f, const struct source *src)
{
	struct asking a = { .f = f };
	int err =
		source_each_mapping(src, HOLM_QUERY_HOST_MAP, 0, add_host, &a);

	return err == -EBUSY ? -EAGAIN : err;
}

/* Pieces of a run that an answer cut are joined again. */
static int add_pass(struct passes *ps, const struct holm_pass *p)
{
	struct holm_pass *last = ps->n ? &ps->p[ps->n - 1] : NULL;

	if (!p->flags)
		return 0;
	if (last && last->first + last->count == p->first &&
	    last->flags == p->flags) {
		last->count += p->count;
		return 0;
	}
	return PUSH(ps->p, ps->n, *p);
}

static int read_passes(struct passes *ps, const struct source *src,
		       uint32_t subject, uint32_t slot)
{
	struct holm_pass p[ANSWER_BYTES / sizeof(struct holm_pass)];
	uint64_t from = 0;
	int err = 0, got, i, n;

	while (!err) {
		got = src->query(src->ctx, subject, slot, from, p, sizeof(p));
		n = got / (int)sizeof(p[0]);
		if (got == -ENOENT || (got >= 0 && n == 0))
			return 0;
		if (got < 0)
			return got;
		for (i = 0; i < n && !err; i++)
			err = add_pass(ps, &p[i]);
		from = (uint64_t)p[n - 1].first + p[n - 1].count;
	}
	return err;
}

static const struct holm_cell_record *record_at(const struct holm_cell_desc *d,
						uint64_t off)
{
	return (const void *)((const char *)d + off);
}

/* The hypervisor checked it, but nothing here shall fall over it. */
static bool is_whole(const struct holm_cell_desc *d, uint32_t size)
{
	uint64_t off = sizeof(*d);

	if (size < sizeof(*d) || d->size != size)
		return false;
	while (off < size) {
		const struct holm_cell_record *r = record_at(d, off);

		if (size - off < sizeof(*r) || r->size < sizeof(*r) ||
		    r->size > size - off || r->size % 8)
			return false;
		off += r->size;
	}
	return true;
}

static int read_desc(struct guest *g, const struct source *src)
{
	char *buf = calloc(1, HOLM_CELL_MAX);
	uint32_t at = 0;
	int got = 0;

	if (!buf)
		return -ENOMEM;
	while (at < HOLM_CELL_MAX) {
		uint32_t room = HOLM_CELL_MAX - at;

		got = src->query(src->ctx, HOLM_QUERY_CELL_DESC, g->vm.slot, at,
				 buf + at,
				 room < ANSWER_BYTES ? room : ANSWER_BYTES);
		if (got <= 0)
			break;
		at += (uint32_t)got;
	}
	if (at && is_whole((void *)buf, at)) {
		g->desc = (void *)buf;
		return 0;
	}
	free(buf);
	return at ? -EPROTO : got == -ENOENT ? 0 : got;
}

static int read_devices(struct guest *g, const struct source *src)
{
	struct holm_device d;
	int err = 0, got;

	while (!err) {
		got = src->query(src->ctx, HOLM_QUERY_DEVICE, g->vm.slot,
				 g->devices, &d, sizeof(d));
		if (got == -ENOENT)
			return 0;
		if (got != sizeof(d))
			return got < 0 ? got : -EPROTO;
		err = PUSH(g->device, g->devices, d);
	}
	return err;
}

static int read_guest(struct facts *f, const struct source *src,
		      struct guest *g)
{
	struct asking a = { f, g };
	int err = source_each_mapping(src, HOLM_QUERY_VM_MAP, g->vm.slot,
				      add_reach, &a);

	if (!err)
		err = read_passes(&g->ports, src, HOLM_QUERY_VM_PORTS,
				  g->vm.slot);
	if (!err)
		err = read_passes(&g->msrs, src, HOLM_QUERY_VM_MSRS,
				  g->vm.slot);
	if (!err)
		err = read_devices(g, src);
	return err ? err : read_desc(g, src);
}

#define GSIS 1024 /* as many are looked for; I/O APICs may leave holes */

static int read_pins(struct facts *f, const struct source *src)
{
	struct holm_pin pin;
	uint32_t gsi;
	int err = 0;

	for (gsi = 0; gsi < GSIS && !err; gsi++) {
		err = source_read(src, HOLM_QUERY_PIN, gsi, &pin, sizeof(pin));
		if (!err)
			err = PUSH(f->pin, f->pins, pin);
		else if (err == -ENOENT)
			err = 0;
	}
	return err;
}

static int read_cpus(struct facts *f, const struct source *src)
{
	struct holm_cpu cpu;
	uint32_t i;
	int err = 0;

	for (i = 0; i < f->info.ncpus && !err; i++) {
		err = source_read(src, HOLM_QUERY_CPU, i, &cpu, sizeof(cpu));
		if (!err)
			err = PUSH(f->cpu, f->cpus, cpu);
	}
	return err;
}

static int by_address(const void *a, const void *b)
{
	const struct reach *x = a, *y = b;

	return (x->hpa > y->hpa) - (x->hpa < y->hpa);
}

static int read_once(struct facts *f, const struct source *src,
		     const struct vms *vms)
{
	int err =
		source_read(src, HOLM_QUERY_INFO, 0, &f->info, sizeof(f->info));
	struct asking a = { .f = f };
	size_t i;

	f->guest = calloc(vms->n + 1, sizeof(*f->guest));
	if (!f->guest)
		return -ENOMEM;
	f->guests = vms->n;
	for (i = 0; i < vms->n && !err; i++) {
		f->guest[i].vm = vms->vm[i];
		err = read_guest(f, src, &f->guest[i]);
	}
	if (!err)
		err = read_host(f, src);
	if (!err)
		err = source_each_range(src, add_range, &a);
	if (!err)
		err = read_pins(f, src);
	if (!err)
		err = read_cpus(f, src);
	if (f->reaches)
		qsort(f->reach, f->reaches, sizeof(*f->reach), by_address);
	return err;
}

/* Whether the same VMs are there, with as much memory and as many CPUs. */
static bool same_vms(const struct vms *a, const struct vms *b)
{
	size_t i;

	if (a->n != b->n)
		return false;
	for (i = 0; i < a->n; i++) {
		const struct holm_vm *x = &a->vm[i], *y = &b->vm[i];

		if (x->slot != y->slot || x->vmid != y->vmid ||
		    x->cpus != y->cpus || x->mem_bytes != y->mem_bytes ||
		    x->s2_pages != y->s2_pages)
			return false;
	}
	return true;
}

/* -EAGAIN: something came, went or changed its memory meanwhile. */
static int read_still(struct facts *f, const struct source *src)
{
	struct vms before, after = { NULL, 0 };
	int err = vms_read(src, &before);

	*f = (struct facts){ .guest = NULL };
	if (err)
		return err;
	err = read_once(f, src, &before);
	if (!err)
		err = vms_read(src, &after);
	if (!err && !same_vms(&before, &after))
		err = -EAGAIN;
	vms_free(&before);
	vms_free(&after);
	return err;
}

int facts_read(struct facts *f, const struct source *src)
{
	int err = -EAGAIN, tries;

	for (tries = 0; tries < TRIES && err == -EAGAIN; tries++) {
		err = read_still(f, src);
		if (err)
			facts_free(f);
	}
	return err;
}

void facts_free(struct facts *f)
{
	size_t i;

	for (i = 0; i < f->guests; i++) {
		free(f->guest[i].ports.p);
		free(f->guest[i].msrs.p);
		free(f->guest[i].device);
		free(f->guest[i].desc);
	}
	free(f->guest);
	free(f->reach);
	free(f->host);
	free(f->pin);
	free(f->range);
	free(f->cpu);
	*f = (struct facts){ .guest = NULL };
}

const struct guest *guest_of(const struct facts *f, uint32_t slot)
{
	size_t i;

	for (i = 0; i < f->guests; i++)
		if (f->guest[i].vm.slot == slot)
			return &f->guest[i];
	return NULL;
}

enum guest_sort guest_sort(const struct guest *g)
{
	if (g->vm.vmid == 0)
		return SORT_SERVICE;
	return g->desc ? SORT_CELL : SORT_USER;
}
