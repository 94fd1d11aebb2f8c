/* SPDX-License-Identifier: BSD-2-Clause */
/* holm cell check: what is wrong, of each file and of all together. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cell/check.h"
#include "cell/system.h"
#include "holm/cell_live.h"
#include "holm/json.h"

struct files {
	struct cell_config *cfg[HOLM_ARGS];
	unsigned int n;
	struct report report;
};

static void read_files(const struct holm *h, struct files *f)
{
	unsigned int i;

	for (i = 0; i < h->nargs; i++)
		if (!cell_config_read_file(h->arg[i], &f->cfg[f->n],
					   &f->report))
			f->n++;
}

static void check_pairs(struct files *f)
{
	unsigned int i, j;

	for (i = 0; i < f->n; i++)
		for (j = 0; j < i; j++)
			cell_check_pair(f->cfg[j], f->cfg[i], &f->report);
}

/* The machine to compare with, said by options; NULL: none. */
static struct cell_system *load_system(const struct holm *h, struct report *r)
{
	struct cell_system *sys = NULL;

	if (!h->opt.offline)
		cell_system_load(h->opt.system, "", &sys, r);
	return sys;
}

static void check_machine(const struct holm *h, struct files *f)
{
	struct cell_system *sys = load_system(h, &f->report);
	unsigned int i;

	for (i = 0; sys && i < f->n; i++) {
		cell_check_system(f->cfg[i], sys, &f->report);
		cell_system_name_cpus(sys, f->cfg[i]);
	}
	cell_system_free(sys);
	if (h->src && !h->opt.offline && !h->opt.system)
		cell_check_live(h->src, f->cfg, f->n, &f->report);
}

static void print_json(const struct holm *h, const struct report *r)
{
	struct json js;
	size_t i;

	json_begin(&js, h->out, SCHEMA);
	json_number(&js, "errors", r->errors);
	json_number(&js, "warnings", r->n - r->errors);
	json_open(&js, "problems", '[');
	for (i = 0; i < r->n; i++) {
		const struct problem *p = &r->problem[i];

		json_open(&js, NULL, '{');
		json_text(&js, "file", p->file, SIZE_MAX);
		json_number(&js, "line", p->pos.line);
		json_number(&js, "column", p->pos.column);
		json_text(&js, "severity",
			  p->severity == PROBLEM_ERROR ? "error" : "warning",
			  SIZE_MAX);
		json_text(&js, "text", p->text, SIZE_MAX);
		json_close(&js, '}');
	}
	json_close(&js, ']');
	json_end(&js);
}

static void print_report(const struct holm *h, struct report *r)
{
	report_sort(r);
	if (h->opt.json) {
		print_json(h, r);
		return;
	}
	report_print(r, h->out);
	fprintf(h->out, "%u file%s: %zu error%s, %zu warning%s\n", h->nargs,
		h->nargs == 1 ? "" : "s", r->errors, r->errors == 1 ? "" : "s",
		r->n - r->errors, r->n - r->errors == 1 ? "" : "s");
}

int do_cell_check(const struct holm *h)
{
	struct files f = { .n = 0 };
	unsigned int i;
	int rc;

	if (h->opt.offline && h->opt.system)
		return say(h, STATUS_USAGE, "--offline or --system, not both");
	read_files(h, &f);
	check_machine(h, &f);
	check_pairs(&f);
	print_report(h, &f.report);
	rc = f.report.errors ? STATUS_FAILED : STATUS_DONE;
	report_free(&f.report);
	for (i = 0; i < f.n; i++)
		cell_config_free(f.cfg[i]);
	return rc;
}
