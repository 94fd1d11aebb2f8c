/* SPDX-License-Identifier: BSD-2-Clause */
/* Problems found in descriptions: where, how bad, a sentence. */
#ifndef CELL_REPORT_H
#define CELL_REPORT_H

#include <stddef.h>
#include <stdio.h>

/** A place in a file, from 1; line 0: none. */
struct cell_pos {
	unsigned int line, column;
};

enum severity { PROBLEM_ERROR, PROBLEM_WARNING };

struct problem {
	char *file;
	struct cell_pos pos;
	enum severity severity;
	char *text;
};

struct report {
	struct problem *problem;
	size_t n, errors;
};

/** Add a problem at @pos of @file; @r must begin as zeroes. */
void report_add(struct report *r, enum severity severity, const char *file,
		struct cell_pos pos, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/** "FILE:LINE:COLUMN: [warning: ]TEXT" each, by file and place. */
void report_print(struct report *r, FILE *out);
/** By file and place, those of one place as they came. */
void report_sort(struct report *r);
void report_free(struct report *r);

#endif
