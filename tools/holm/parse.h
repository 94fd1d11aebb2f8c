/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line, by the tables of commands.h. */
#ifndef HOLM_PARSE_H
#define HOLM_PARSE_H

#include "holm/holm.h"

struct command {
	const char *noun, *verb;
	const char *arg; /* NAME, [NAME], FILE..., or several */
	int (*fn)(const struct holm *h);
	const char *options; /* names, separated by blanks */
	const char *help;
};

/**
 * Find the command and fill in @h->name and @h->opt. NULL after saying why
 * not, or after printing what --help asks for: *@status is the exit status.
 */
const struct command *parse(struct holm *h, int argc, char **argv, int *status);

/** Does it do its work without the hypervisor as well? */
bool command_runs_anywhere(const struct command *c);

#endif
