/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line. One table drives parsing, checks and --help. */
#ifndef CORE_OPTIONS_H
#define CORE_OPTIONS_H

#include "core/config.h"
#include "core/error.h"

#include <stdio.h>

/**
 * Fill cfg from the command line; strings of argv are kept by reference.
 * Returns 0, or -EINVAL with a sentence naming option, value and rule.
 */
int options_parse(int argc, char **argv, struct vm_config *cfg,
		  struct dm_error *err);

/** The text of --help. */
void options_print_help(FILE *out);

/**
 * A size: digits and an optional K, M or G (either case, or followed by B);
 * a plain number counts MiB. Returns 0 or -EINVAL; overflow is an error.
 */
int options_parse_size(const char *text, u64 *bytes);

#endif
