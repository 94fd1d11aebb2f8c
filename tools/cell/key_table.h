/* SPDX-License-Identifier: BSD-2-Clause */
/* From a list of keys to what walks it and what the YAML library wants. */
#ifndef CELL_KEY_TABLE_H
#define CELL_KEY_TABLE_H

#include "cell/key.h"

#define COUNT(a)  (sizeof(a) / sizeof((a)[0]))
#define OPTIONAL_ CYAML_FLAG_OPTIONAL

#define MEMBER_AT(in, field) .offset = offsetof(struct cell_##in, field)
#define KIND_NUM(in, field, what) \
	.kind = KEY_NUM, MEMBER_AT(in, field), .form = FORM_##what
#define KIND_NUMS(in, field, what) \
	.kind = KEY_NUMS, MEMBER_AT(in, field), .form = FORM_##what
#define KIND_WORDS(in, field, what) \
	.kind = KEY_WORDS, MEMBER_AT(in, field), .words = &cell_##what##_set
#define KIND_MAP(in, field, what) \
	.kind = KEY_MAP, MEMBER_AT(in, field), .map = &what##_map
#define KIND_MAPS(in, field, what)              \
	.kind = KEY_MAPS, MEMBER_AT(in, field), \
	.count = offsetof(struct cell_##in, field##_count), .map = &what##_map
#define NEED_REQUIRED true
#define NEED_OPTIONAL false
#define KEY(in, kind, field, key_name, what, need, d, text) \
	{                                                   \
		.name = key_name,                           \
		.required = NEED_##need,                    \
		.def = d,                                   \
		KIND_##kind(in, field, what),               \
	},

#define KEY_MAP_DEF(id, keys)                                \
	static const struct key id##_keys[] = { keys(KEY) }; \
	static const struct key_map id##_map = {             \
		id##_keys,                                   \
		COUNT(id##_keys),                            \
		sizeof(struct cell_##id),                    \
	};

/*
 * The same for the library. It fills in texts and words and allocates lists;
 * what is needed is not its business, since it would stop at the first.
 */

#define AT(map, member) offsetof(struct cell_##map, member)
#define YAML_NUM(in, field, what)                                              \
	.data_offset = AT(in, field.text),                                     \
	.value = { CYAML_VALUE_STRING(OPTIONAL_ | CYAML_FLAG_POINTER, char, 0, \
				      CYAML_UNLIMITED) }
#define YAML_NUMS(in, field, what)                                      \
	.data_offset = AT(in, field.text),                              \
	.count_offset = AT(in, field.count),                            \
	.count_size = sizeof(unsigned int),                             \
	.value = { CYAML_VALUE_SEQUENCE(OPTIONAL_ | CYAML_FLAG_POINTER, \
					char *, &cell_text_schema, 0,   \
					CYAML_UNLIMITED) }
#define YAML_WORDS(in, field, what)                                           \
	.data_offset = AT(in, field.v),                                       \
	.value = { CYAML_VALUE_FLAGS(OPTIONAL_ | CYAML_FLAG_STRICT, uint32_t, \
				     what##_words, COUNT(what##_words)) }
#define YAML_MAP(in, field, what)                                     \
	.data_offset = AT(in, field),                                 \
	.value = { CYAML_VALUE_MAPPING(OPTIONAL_, struct cell_##what, \
				       what##_fields) }
#define YAML_MAPS(in, field, what)                                             \
	.data_offset = AT(in, field), .count_offset = AT(in, field##_count),   \
	.count_size = sizeof(unsigned int),                                    \
	.value = { CYAML_VALUE_SEQUENCE(OPTIONAL_ | CYAML_FLAG_POINTER,        \
					struct cell_##what, &what##_schema, 0, \
					CYAML_UNLIMITED) }
#define YAML(in, kind, field, key_name, what, need, def, text) \
	{ .key = key_name, YAML_##kind(in, field, what) },

#define YAML_MAP_DEF(id, keys)                                    \
	static const cyaml_schema_field_t id##_fields[] = { keys( \
		YAML) CYAML_FIELD_END };
#define YAML_ITEM_DEF(id)                                                 \
	static const cyaml_schema_value_t id##_schema = {                 \
		CYAML_VALUE_MAPPING(CYAML_FLAG_DEFAULT, struct cell_##id, \
				    id##_fields),                         \
	};

/* The whole of a document. */
#define YAML_TOP(id) \
	CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, struct cell_##id, id##_fields)

#endif
