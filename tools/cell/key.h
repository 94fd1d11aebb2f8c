/* SPDX-License-Identifier: BSD-2-Clause */
/* The language's tables as data: for reading, and for the YAML library. */
#ifndef CELL_KEY_H
#define CELL_KEY_H

#include <cyaml/cyaml.h>

#include "cell/config.h"
#include "cell/form.h"

enum key_kind { KEY_NUM, KEY_NUMS, KEY_WORDS, KEY_MAP, KEY_MAPS };

/** Words of a list, a bit each. */
struct word_set {
	const cyaml_strval_t *word;
	size_t n;
};

struct key_map;

/**
 * struct key - a key of a mapping
 * @offset: of its member in the mapping's structure
 * @count: of the member with how many there are, KEY_MAPS only
 * @def: what it is if not given; "": nothing
 */
struct key {
	const char *name;
	enum key_kind kind;
	bool required;
	size_t offset, count;
	enum form form;
	const struct word_set *words;
	const struct key_map *map;
	const char *def;
};

/** A mapping; its structure is @size bytes and begins with its position. */
struct key_map {
	const struct key *key;
	size_t n, size;
};

/** A kind of file: what it is, its keys, the same as the YAML library's. */
struct document {
	const char *title;
	const struct key_map *map;
	cyaml_schema_value_t schema;
};

extern const struct document cell_config_document;
extern const cyaml_schema_value_t cell_text_schema;
extern const struct word_set cell_access_set, cell_flags_set;

#endif
