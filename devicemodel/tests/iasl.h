/* SPDX-License-Identifier: BSD-2-Clause */
/* What an independent compiler, iasl, makes of an ACPI table. */
#ifndef TESTS_IASL_H
#define TESTS_IASL_H

#include <stdio.h>
#include <stdlib.h>

#include "core/types.h"
#include "tests/test.h"

static inline void iasl_slurp(const char *dir, const char *name, char *text,
			      size_t size)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "r");
	assert_non_null(f);
	text[fread(text, 1, size - 1, f)] = 0;
	fclose(f);
}

/* Run it in @dir; what it says goes to @text. */
static inline void iasl_run(const char *dir, const char *args, char *text,
			    size_t size)
{
	char cmd[256];

	snprintf(cmd, sizeof(cmd), "cd %s && iasl %s >log 2>&1", dir, args);
	assert_int_equal(system(cmd), 0);
	iasl_slurp(dir, "log", text, size);
}

/**
 * Take table @sig at @t apart and put it together again in @dir, both without
 * a complaint. Its source is in the @size bytes at @text then.
 */
static inline void iasl_check(const char *dir, const char *sig, const void *t,
			      char *text, size_t size)
{
	char path[128], args[32];
	u32 len;
	FILE *f;

	memcpy(&len, (const u8 *)t + 4, sizeof(len));
	snprintf(path, sizeof(path), "%s/%s.dat", dir, sig);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(t, 1, len, f), len);
	fclose(f);
	snprintf(args, sizeof(args), "-d %s.dat", sig);
	iasl_run(dir, args, text, size);
	assert_null(strstr(text, "Error"));
	assert_null(strstr(text, "Warning"));
	snprintf(args, sizeof(args), "%s.dsl", sig);
	iasl_run(dir, args, text, size);
	assert_non_null(strstr(text, " 0 Errors"));
	iasl_slurp(dir, args, text, size);
}

#endif
