/* SPDX-License-Identifier: BSD-2-Clause */
/* Cells: the list, and what they cost and were refused. */
#include <inttypes.h>
#include <string.h>

#include "holm/cells.h"
#include "holm/histogram.h"
#include "holm/json.h"
#include "holm/names.h"

static uint64_t sum_denied(const struct holm_cell *cell)
{
	uint64_t sum = 0;
	uint32_t n;

	for (n = 0; n < HOLM_CELL_DENY_COUNT; n++)
		sum += cell->denied[n];
	return sum;
}

/* A request is one of the exits by port or address. */
static uint64_t sum_exits(const struct holm_vm *vm)
{
	uint64_t sum = 0;
	uint32_t n;

	for (n = 0; n < HOLM_EXIT_COUNT; n++)
		sum += n == HOLM_EXIT_IOREQ ? 0 : vm->exits[n];
	return sum;
}

static void json_exits(struct json *js, const struct holm_vm *vm)
{
	uint32_t n;

	json_number(js, "exits_total", sum_exits(vm));
	json_open(js, "exits", '{');
	for (n = 0; n < HOLM_EXIT_COUNT; n++)
		json_number(js, name_of_exit(n), vm->exits[n]);
	json_close(js, '}');
}

static void json_denied(struct json *js, const struct holm_cell *cell)
{
	uint32_t n;

	json_number(js, "denied_total", sum_denied(cell));
	json_open(js, "denied", '{');
	for (n = 0; n < HOLM_CELL_DENY_COUNT; n++)
		json_number(js, name_of_denial(n), cell->denied[n]);
	json_close(js, '}');
	if (!sum_denied(cell))
		return;
	json_text(js, "last_denied", name_of_denial(cell->last_reason), 64);
	json_number(js, "last_denied_value", cell->last_denied);
}

static void cell_json(struct json *js, const struct holm_cell *cell,
		      const struct holm_vm *vm)
{
	uint32_t n;

	json_open(js, NULL, '{');
	json_number(js, "id", cell->id);
	json_number(js, "slot", vm->slot);
	json_text(js, "name", cell->name, sizeof(cell->name));
	json_text(js, "state", name_of_cell_state(cell->state), 16);
	json_open(js, "cpus", '[');
	for (n = 0; n < CPU_BITS; n++)
		if (cell->cpus >> n & 1)
			json_number(js, NULL, n);
	json_close(js, ']');
	json_number(js, "mem_bytes", cell->mem_bytes);
	json_exits(js, vm);
	json_denied(js, cell);
	json_close(js, '}');
}

static void list_row(const struct holm *h, const struct holm_cell *cell,
		     const struct holm_vm *vm)
{
	char cpus[CPU_BITS * 4], size[32];

	format_cpus(cell->cpus, cpus, sizeof(cpus));
	format_size(cell->mem_bytes, size, sizeof(size));
	fprintf(h->out,
		"%4u  %-15s  %-9s  %-8s  %10s  %10" PRIu64 "  %10" PRIu64 "\n",
		cell->id, cell->name, name_of_cell_state(cell->state), cpus,
		size, sum_exits(vm), sum_denied(cell));
}

static void stats_rows(const struct holm *h, const struct holm_cell *cell,
		       const struct holm_vm *vm)
{
	uint32_t n;

	fprintf(h->out, "%s: %s, %" PRIu64 " exits, %" PRIu64 " refusals\n",
		cell->name, name_of_cell_state(cell->state), sum_exits(vm),
		sum_denied(cell));
	for (n = 0; n < HOLM_EXIT_COUNT; n++)
		if (vm->exits[n])
			fprintf(h->out, "  %-40s %12" PRIu64 "\n",
				name_of_exit(n), vm->exits[n]);
	for (n = 0; n < HOLM_CELL_DENY_COUNT; n++)
		if (cell->denied[n])
			fprintf(h->out, "  refused: %-31s %12" PRIu64 "\n",
				name_of_denial(n), cell->denied[n]);
	if (sum_denied(cell))
		fprintf(h->out, "  last refused: %s 0x%" PRIx64 "\n",
			name_of_denial(cell->last_reason), cell->last_denied);
}

typedef void row_fn(const struct holm *h, const struct holm_cell *cell,
		    const struct holm_vm *vm);

/* One that ends in the meantime is left out. */
static void each(const struct holm *h, const struct cells *cells, row_fn *row,
		 struct json *js)
{
	struct holm_vm vm;
	size_t i;

	for (i = 0; i < cells->n; i++) {
		if (h->name && strcmp(h->name, cells->cell[i].name))
			continue;
		if (source_read(h->src, HOLM_QUERY_VM, cells->slot[i], &vm,
				sizeof(vm)) ||
		    vm.vmid != cells->cell[i].id)
			continue;
		if (js)
			cell_json(js, &cells->cell[i], &vm);
		else
			row(h, &cells->cell[i], &vm);
	}
}

static int show(const struct holm *h, const char *head, row_fn *row)
{
	struct cells cells;
	struct json js;
	int err = cells_read(h->src, &cells);

	if (err)
		return say_query(h, "cells", err);
	if (h->opt.json) {
		json_begin(&js, h->out, SCHEMA);
		json_open(&js, "cells", '[');
		each(h, &cells, row, &js);
		json_close(&js, ']');
		json_end(&js);
	} else {
		fputs(head, h->out);
		each(h, &cells, row, NULL);
	}
	cells_free(&cells);
	return STATUS_DONE;
}

static int show_names(const struct holm *h)
{
	struct cells cells;
	int err = cells_read(h->src, &cells);
	size_t i;

	if (err)
		return say_query(h, "cells", err);
	for (i = 0; i < cells.n; i++)
		fprintf(h->out, "%s\n", cells.cell[i].name);
	cells_free(&cells);
	return STATUS_DONE;
}

int show_cells(const struct holm *h)
{
	if (h->opt.names)
		return show_names(h);
	return show(h,
		    "  ID  NAME             STATE      CPUS          MEMORY"
		    "       EXITS    REFUSALS\n",
		    list_row);
}

int show_cell_stats(const struct holm *h)
{
	struct holm_cell cell;
	int status = STATUS_DONE;

	if (h->opt.svg && h->opt.json)
		return say(h, STATUS_USAGE, "--svg or --json, not both");
	if (h->opt.histogram)
		return show_histogram(h);
	if (h->opt.svg)
		return say(h, STATUS_USAGE, "--svg draws a --histogram");
	if (h->name)
		status = cells_get(h, &cell, NULL);
	return status ? status : show(h, "", stats_rows);
}
