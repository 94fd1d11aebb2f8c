/* SPDX-License-Identifier: BSD-2-Clause */
#include "cell/key_table.h"

const cyaml_schema_value_t cell_text_schema = {
	CYAML_VALUE_STRING(CYAML_FLAG_POINTER, char, 0, CYAML_UNLIMITED),
};

#define WORD(word, bit, text) { word, bit },
static const cyaml_strval_t access_words[] = { CELL_ACCESS_WORDS(WORD) };
static const cyaml_strval_t flags_words[] = { CELL_FLAGS_WORDS(WORD) };
const struct word_set cell_access_set = { access_words, COUNT(access_words) };
const struct word_set cell_flags_set = { flags_words, COUNT(flags_words) };

KEY_MAP_DEF(start, CELL_START_KEYS)
KEY_MAP_DEF(memory, CELL_MEMORY_KEYS)
KEY_MAP_DEF(port, CELL_PORT_KEYS)
KEY_MAP_DEF(comm, CELL_COMM_KEYS)
KEY_MAP_DEF(ivshmem, CELL_IVSHMEM_KEYS)
KEY_MAP_DEF(config, CELL_CONFIG_KEYS)

YAML_MAP_DEF(start, CELL_START_KEYS)
YAML_MAP_DEF(memory, CELL_MEMORY_KEYS)
YAML_ITEM_DEF(memory)
YAML_MAP_DEF(port, CELL_PORT_KEYS)
YAML_ITEM_DEF(port)
YAML_MAP_DEF(comm, CELL_COMM_KEYS)
YAML_MAP_DEF(ivshmem, CELL_IVSHMEM_KEYS)
YAML_ITEM_DEF(ivshmem)
YAML_MAP_DEF(config, CELL_CONFIG_KEYS)

const struct document cell_config_document = {
	"a cell",
	&config_map,
	{ YAML_TOP(config) },
};
