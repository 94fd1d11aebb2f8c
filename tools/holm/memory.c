/* SPDX-License-Identifier: BSD-2-Clause */
#include "holm/memory.h"

#include <inttypes.h>
#include <string.h>

#include "holm/holm.h"
#include "holm/json.h"
#include "holm/names.h"

static const char *const kind_names[] = {
	[SPAN_HOLE] = "hole",       [SPAN_FIRMWARE] = "firmware",
	[SPAN_HOLM] = "holm",       [SPAN_DEVICE] = "device",
	[SPAN_SERVICE] = "service", [SPAN_USER] = "user",
};

static void span_json(struct json *js, const struct span *s)
{
	json_open(js, NULL, '{');
	json_number(js, "base", s->base);
	json_number(js, "bytes", s->size);
	json_text(js, "kind", kind_names[s->kind], 16);
	json_text(js, "owner", s->owner, sizeof(s->owner));
	json_text(js, "what", s->what, sizeof(s->what));
	json_close(js, '}');
}

void memory_json_spans(struct json *js, const struct memmap *m)
{
	size_t i;

	json_open(js, "spans", '[');
	for (i = 0; i < m->n; i++)
		span_json(js, &m->span[i]);
	json_close(js, ']');
}

static void vm_json(struct json *js, const struct memmap *m,
		    const struct holm_vm *vm)
{
	size_t i;

	json_open(js, NULL, '{');
	json_text(js, "name", vm->name, sizeof(vm->name));
	json_number(js, "bytes", memmap_owned(m, vm->name));
	json_number(js, "stage2_pages", vm->s2_pages);
	json_open(js, "mappings", '[');
	for (i = 0; i < m->nviews; i++) {
		if (m->view[i].slot != vm->slot)
			continue;
		json_open(js, NULL, '{');
		json_number(js, "gpa", m->view[i].gpa);
		json_number(js, "hpa", m->view[i].hpa);
		json_number(js, "bytes", m->view[i].size);
		json_close(js, '}');
	}
	json_close(js, ']');
	json_close(js, '}');
}

static void memory_json(const struct holm *h, const struct memmap *m,
			const struct vms *vms, const struct holm_info *info)
{
	struct json js;
	size_t i;

	json_begin(&js, h->out, SCHEMA);
	json_number(&js, "pool_pages", info->pool_pages);
	json_number(&js, "pool_used", info->pool_used);
	memory_json_spans(&js, m);
	json_open(&js, "vms", '[');
	for (i = 0; i < vms->n; i++)
		vm_json(&js, m, &vms->vm[i]);
	json_close(&js, ']');
	json_end(&js);
}

void memory_print_spans(FILE *out, const struct memmap *m)
{
	char size[32];
	size_t i;

	fprintf(out, "%14s  %14s  %12s  %-15s  %s\n", "FROM", "TO", "SIZE",
		"OWNER", "WHAT");
	for (i = 0; i < m->n; i++) {
		const struct span *s = &m->span[i];

		format_size(s->size, size, sizeof(size));
		fprintf(out,
			"%#14" PRIx64 "  %#14" PRIx64 "  %12s  %-15s  %s\n",
			s->base, s->base + s->size - 1, size, s->owner,
			s->what);
	}
}

static void memory_table(const struct holm *h, const struct memmap *m,
			 const struct vms *vms, const struct holm_info *info)
{
	char size[32];
	size_t i;

	memory_print_spans(h->out, m);
	format_size(memmap_owned(m, "Holm"), size, sizeof(size));
	fprintf(h->out,
		"\nHolm: %s, %" PRIu64 " of %" PRIu64
		" pages of its pool in use\n",
		size, info->pool_used, info->pool_pages);
	for (i = 0; i < vms->n; i++) {
		format_size(memmap_owned(m, vms->vm[i].name), size,
			    sizeof(size));
		fprintf(h->out,
			"%s: %s, and %" PRIu64 " pages of the pool for its "
			"page tables\n",
			vms->vm[i].name, size, vms->vm[i].s2_pages);
	}
}

static void print_memory(const struct holm *h, const struct memmap *m,
			 const struct vms *vms, const struct holm_info *info)
{
	if (h->opt.svg)
		memory_svg(h->out, m, vms, info, NULL);
	else if (h->opt.json)
		memory_json(h, m, vms, info);
	else
		memory_table(h, m, vms, info);
}

int show_memory(const struct holm *h)
{
	struct holm_info info;
	struct memmap m;
	struct vms vms;
	int err;

	if (h->opt.svg && h->opt.json)
		return say(h, STATUS_USAGE, "--svg or --json, not both");
	err = source_read(h->src, HOLM_QUERY_INFO, 0, &info, sizeof(info));
	if (err)
		return say_query(h, "hypervisor", err);
	err = vms_read(h->src, &vms);
	if (err)
		return say_query(h, "VMs", err);
	err = memmap_read(&m, h->src, &vms);
	if (err) {
		vms_free(&vms);
		return say_query(h, "memory", err);
	}
	print_memory(h, &m, &vms, &info);
	memmap_free(&m);
	vms_free(&vms);
	return STATUS_DONE;
}
