/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files that compare a description with a machine. */
#ifndef CELL_CHECK_MACHINE_H
#define CELL_CHECK_MACHINE_H

#include "cell/system.h"

struct machine_check {
	const struct cell_config *cfg;
	const struct cell_system *sys;
	struct report *r;
};

#define COMPLAIN(c, pos, ...) \
	report_add((c)->r, PROBLEM_ERROR, (c)->cfg->file, pos, __VA_ARGS__)
#define WARN(c, pos, ...) \
	report_add((c)->r, PROBLEM_WARNING, (c)->cfg->file, pos, __VA_ARGS__)

/** Memory and devices' registers. */
void check_machine_memory(struct machine_check *c);

#endif
