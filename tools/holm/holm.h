/* SPDX-License-Identifier: BSD-2-Clause */
/* What every command works with. */
#ifndef HOLM_HOLM_H
#define HOLM_HOLM_H

#include <stdbool.h>
#include <stdio.h>

#include "holm/commands.h"
#include "holm/source.h"

#define SCHEMA 1 /* of every JSON document */

#define HOLM_STATUS_ENUM(id, nr, text) STATUS_##id = (nr),
enum status { HOLM_STATUSES(HOLM_STATUS_ENUM) };

/* The options by their field names; 0, false or NULL if not given. */
#define OPTION_FLAG(field)                         bool field;
#define OPTION_NUMBER(field)                       unsigned int field;
#define OPTION_TEXT(field)                         const char *field;
#define OPTION_FIELD(field, name, arg, type, text) OPTION_##type(field)

struct options {
	HOLM_OPTIONS(OPTION_FIELD)
	bool timeout_given; /* --timeout 0 is not the default */
};

#define HOLM_ARGS 32

/**
 * struct holm - what a command works with
 * @src: the hypervisor; NULL if there is none and the command needs none
 * @out: data goes here
 * @err: sentences go here
 * @name: the first argument, NULL if there is none
 * @arg: all @nargs of them
 */
struct holm {
	const struct source *src;
	FILE *out;
	FILE *err;
	const char *name;
	const char *arg[HOLM_ARGS];
	unsigned int nargs;
	struct options opt;
};

/** Say "holm: ..." where sentences go; returns @status. */
int say(const struct holm *h, enum status status, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/** The same for an answer of the hypervisor that is an error. */
int say_query(const struct holm *h, const char *what, int err);

/*
 * The commands. Each returns an exit status. JSON documents carry "schema",
 * which changes when a field changes its meaning or goes away.
 */
#define HOLM_COMMAND_FN(noun, verb, arg, fn, options, text) \
	int fn(const struct holm *h);
HOLM_COMMANDS(HOLM_COMMAND_FN)

#endif
