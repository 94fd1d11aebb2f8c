/* SPDX-License-Identifier: BSD-2-Clause */
/* holm cell map: who owns which CPUs, memory and devices. */
#include <inttypes.h>
#include <string.h>

#include "cell/compile.h"
#include "cell/form.h"
#include "cell/range.h"
#include "holm/audit.h"
#include "holm/json.h"
#include "holm/memory.h"
#include "holm/names.h"

struct map {
	struct facts facts;
	struct vms vms;
	struct memmap mem;
};

static bool is_cell(const struct owners *o, uint32_t slot)
{
	const struct guest *g = guest_of(o->ctx, slot);

	return g && g->desc;
}

static int paint(struct memmap *m, const struct guest *g, uint64_t base,
		 uint64_t size, const char *what)
{
	struct span s = { .base = base,
			  .size = size,
			  .kind = SPAN_USER,
			  .slot = g->vm.slot };

	snprintf(s.owner, sizeof(s.owner), "%s", g->vm.name);
	snprintf(s.what, sizeof(s.what), "%s", what);
	return memmap_paint(m, &s);
}

static const char *name_of_memory(uint32_t flags)
{
	if (flags & HOLM_CELL_M_SHARED)
		return "shared with the Service VM";
	return flags & HOLM_CELL_M_DEVICE ? "device" : "RAM";
}

/* What a cell's description says of memory, over what its tables say. */
static int paint_cell(struct memmap *m, const struct guest *g)
{
	const struct holm_cell_mem *mem = NULL;
	const struct holm_cell_ivshmem *link = NULL;
	int err = 0;

	while (!err && (mem = cell_record_next(g->desc, HOLM_CELL_R_MEM, mem)))
		err = paint(m, g, mem->phys, mem->size,
			    name_of_memory(mem->flags));
	while (!err &&
	       (link = cell_record_next(g->desc, HOLM_CELL_R_IVSHMEM, link)))
		err = paint(m, g, link->phys, cell_record_link_size(link),
			    "shared memory, with doorbells");
	return err;
}

static int read_map(struct map *map, const struct source *src)
{
	size_t i;
	int err = facts_read(&map->facts, src);

	if (!err)
		err = vms_read(src, &map->vms);
	if (!err)
		err = memmap_read(&map->mem, src, &map->vms);
	for (i = 0; i < map->facts.guests && !err; i++)
		if (map->facts.guest[i].desc)
			err = paint_cell(&map->mem, &map->facts.guest[i]);
	return err ? err : memmap_close(&map->mem);
}

static void free_map(struct map *map)
{
	facts_free(&map->facts);
	vms_free(&map->vms);
	memmap_free(&map->mem);
}

static const char *owner_of(const struct facts *f, const struct holm_cpu *cpu)
{
	const struct guest *g = guest_of(f, cpu->owner_vm);

	return g ? g->vm.name : "-";
}

static void print_cpus(FILE *out, const struct facts *f)
{
	size_t i;

	fprintf(out, "%3s  %5s  %s\n", "CPU", "LAPIC", "OWNER");
	for (i = 0; i < f->cpus; i++)
		fprintf(out, "%3zu  %5u  %s\n", i, f->cpu[i].lapic_id,
			owner_of(f, &f->cpu[i]));
	fprintf(out, "\n");
}

static void print_devices(FILE *out, const struct guest *g)
{
	const struct holm_cell_port *port = NULL;
	const struct holm_cell_irq *irq = NULL;
	const struct holm_cell_pci *pci = NULL;
	char bdf[16];

	while ((port = cell_record_next(g->desc, HOLM_CELL_R_PORT, port)))
		fprintf(out, "%s: ports %#x-%#x%s\n", g->vm.name, port->port,
			port->port + port->count - 1,
			port->flags & HOLM_CELL_P_SHARED ? ", shared" : "");
	while ((irq = cell_record_next(g->desc, HOLM_CELL_R_IRQ, irq)))
		fprintf(out, "%s: interrupt %u\n", g->vm.name, irq->gsi);
	while ((pci = cell_record_next(g->desc, HOLM_CELL_R_PCI, pci))) {
		form_write(FORM_PCI, pci->bdf, bdf, sizeof(bdf));
		fprintf(out, "%s: PCI function %s\n", g->vm.name, bdf);
	}
}

static void print_table(FILE *out, const struct map *map)
{
	size_t i;

	print_cpus(out, &map->facts);
	memory_print_spans(out, &map->mem);
	for (i = 0; i < map->facts.guests; i++)
		if (map->facts.guest[i].desc)
			print_devices(out, &map->facts.guest[i]);
}

static void json_cell(struct json *js, const struct guest *g)
{
	const struct holm_cell_port *port = NULL;
	const struct holm_cell_irq *irq = NULL;
	const struct holm_cell_pci *pci = NULL;
	char bdf[16];

	json_open(js, NULL, '{');
	json_text(js, "name", g->vm.name, sizeof(g->vm.name));
	json_open(js, "ports", '[');
	while ((port = cell_record_next(g->desc, HOLM_CELL_R_PORT, port))) {
		json_open(js, NULL, '{');
		json_number(js, "first", port->port);
		json_number(js, "count", port->count);
		json_bool(js, "shared", port->flags & HOLM_CELL_P_SHARED);
		json_close(js, '}');
	}
	json_close(js, ']');
	json_open(js, "interrupts", '[');
	while ((irq = cell_record_next(g->desc, HOLM_CELL_R_IRQ, irq)))
		json_number(js, NULL, irq->gsi);
	json_close(js, ']');
	json_open(js, "pci", '[');
	while ((pci = cell_record_next(g->desc, HOLM_CELL_R_PCI, pci))) {
		form_write(FORM_PCI, pci->bdf, bdf, sizeof(bdf));
		json_text(js, NULL, bdf, sizeof(bdf));
	}
	json_close(js, ']');
	json_close(js, '}');
}

static void print_json(FILE *out, const struct map *map)
{
	const struct facts *f = &map->facts;
	struct json js;
	size_t i;

	json_begin(&js, out, SCHEMA);
	json_open(&js, "cpus", '[');
	for (i = 0; i < f->cpus; i++) {
		json_open(&js, NULL, '{');
		json_number(&js, "cpu", i);
		json_number(&js, "lapic_id", f->cpu[i].lapic_id);
		json_text(&js, "owner", owner_of(f, &f->cpu[i]), 24);
		json_close(&js, '}');
	}
	json_close(&js, ']');
	memory_json_spans(&js, &map->mem);
	json_open(&js, "cells", '[');
	for (i = 0; i < f->guests; i++)
		if (f->guest[i].desc)
			json_cell(&js, &f->guest[i]);
	json_close(&js, ']');
	json_end(&js);
}

int show_cell_map(const struct holm *h)
{
	struct map map = { .vms = { .n = 0 } };
	struct owners o = { .is_cell = is_cell, .ctx = &map.facts };
	int err;

	if (h->opt.svg && h->opt.json)
		return say(h, STATUS_USAGE, "--svg or --json, not both");
	err = read_map(&map, h->src);
	if (err) {
		free_map(&map);
		return say_query(h, "the machine", err);
	}
	o.cpu = map.facts.cpu;
	o.cpus = map.facts.cpus;
	if (h->opt.svg)
		memory_svg(h->out, &map.mem, &map.vms, &map.facts.info, &o);
	else if (h->opt.json)
		print_json(h->out, &map);
	else
		print_table(h->out, &map);
	free_map(&map);
	return STATUS_DONE;
}
