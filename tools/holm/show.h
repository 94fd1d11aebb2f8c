/* SPDX-License-Identifier: BSD-2-Clause */
/* The verbs: ask a source, print a table or one JSON document. */
#ifndef HOLM_SHOW_H
#define HOLM_SHOW_H

#include <stdbool.h>
#include <stdio.h>

#include "holm/source.h"

/**
 * struct show - what a verb works with
 * @out: data goes here, messages to stderr
 * @json: one JSON document instead of a table
 * @name: the VM asked for, NULL for all
 */
struct show {
	const struct source *src;
	FILE *out;
	bool json;
	const char *name;
};

/*
 * Each returns 0 or a negative errno. JSON documents carry "schema": 1,
 * which changes when a field changes its meaning or goes away.
 */
int show_info(const struct show *sh);
int show_log(const struct show *sh);
int show_cpus(const struct show *sh);
int show_vms(const struct show *sh);
/** Exits by reason; -ENOENT if no VM has the name @sh->name. */
int show_stats(const struct show *sh);

#endif
