/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A YAML text against the tables of keys: every mistake, with its place. The
 * YAML library that fills the structures knows no places and stops at the
 * first mistake, so this goes before it to judge and after it to add places.
 */
#ifndef CELL_WALK_H
#define CELL_WALK_H

#include <yaml.h>

#include "cell/key.h"

/**
 * Read @size bytes as one YAML document without aliases. 0 and *@doc, which
 * yaml_document_delete() frees; or -EINVAL with the reason in @r.
 */
int walk_parse(yaml_document_t *doc, const char *name, const void *text,
	       size_t size, struct report *r);

/**
 * Compare @doc with the keys of @kind. With @base, a structure of it that the
 * library has filled from the same text, add values, places and defaults.
 */
void walk_document(yaml_document_t *doc, const char *name,
		   const struct document *kind, void *base, struct report *r);

/** Free the lists of values that walk_document() made in @base. */
void walk_free(const struct key_map *map, void *base);

#endif
