/* SPDX-License-Identifier: BSD-2-Clause */
/* Files into structures, by the tables of keys. */
#ifndef CELL_LOAD_H
#define CELL_LOAD_H

#include "cell/key.h"

/**
 * Read @size bytes of YAML called @name as a document of @kind. 0 and *@out,
 * which document_free() frees; or a negative errno and the reasons in @r.
 */
int document_load(const struct document *kind, const char *name,
		  const void *text, size_t size, void **out, struct report *r);
void document_free(const struct document *kind, void *doc);

/**
 * The whole of a file of at most @max bytes, which free() frees; or NULL and
 * the reason in @r and, as a negative errno, in @rc.
 */
char *file_read(const char *path, size_t max, size_t *size, struct report *r,
		int *rc);

#endif
