/* SPDX-License-Identifier: BSD-2-Clause */
#include "cell/report.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void report_add(struct report *r, enum severity severity, const char *file,
		struct cell_pos pos, const char *fmt, ...)
{
	struct problem p = { .pos = pos, .severity = severity };
	struct problem *grown;
	va_list ap;

	r->errors += severity == PROBLEM_ERROR;
	grown = reallocarray(r->problem, r->n + 1, sizeof(*grown));
	if (!grown)
		return;
	r->problem = grown;
	va_start(ap, fmt);
	if (vasprintf(&p.text, fmt, ap) < 0)
		p.text = NULL;
	va_end(ap);
	p.file = strdup(file);
	r->problem[r->n++] = p;
}

static int in_order(const void *a, const void *b)
{
	const struct problem *p = a, *q = b;
	int names = strcmp(p->file ? p->file : "", q->file ? q->file : "");

	if (names)
		return names;
	if (p->pos.line != q->pos.line)
		return p->pos.line < q->pos.line ? -1 : 1;
	if (p->pos.column != q->pos.column)
		return p->pos.column < q->pos.column ? -1 : 1;
	return 0;
}

/* glibc's qsort() keeps the order of equals as long as memory allows. */
void report_sort(struct report *r)
{
	if (r->n > 1)
		qsort(r->problem, r->n, sizeof(*r->problem), in_order);
}

void report_print(struct report *r, FILE *out)
{
	size_t i;

	report_sort(r);
	for (i = 0; i < r->n; i++) {
		const struct problem *p = &r->problem[i];

		fprintf(out, "%s:", p->file ? p->file : "?");
		if (p->pos.line)
			fprintf(out, "%u:%u:", p->pos.line, p->pos.column);
		fprintf(out, " %s%s\n",
			p->severity == PROBLEM_WARNING ? "warning: " : "",
			p->text ? p->text : "out of memory");
	}
}

void report_free(struct report *r)
{
	size_t i;

	for (i = 0; i < r->n; i++) {
		free(r->problem[i].file);
		free(r->problem[i].text);
	}
	free(r->problem);
	*r = (struct report){ .problem = NULL };
}
