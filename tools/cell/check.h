/* SPDX-License-Identifier: BSD-2-Clause */
/* Is a description sound, of itself and beside others? */
#ifndef CELL_CHECK_H
#define CELL_CHECK_H

#include "cell/config.h"

/** All rules of the hypervisor that need no machine; problems go to @r. */
void cell_check(const struct cell_config *cfg, struct report *r);

/** May @b be created while @a exists? Problems are @b's, and
 * name the file of @a unless that is "". */
void cell_check_pair(const struct cell_config *a, const struct cell_config *b,
		     struct report *r);

#endif
