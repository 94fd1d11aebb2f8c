/* SPDX-License-Identifier: BSD-2-Clause */
/* A description of a cell as its author wrote it, read and found sound. */
#ifndef CELL_CONFIG_H
#define CELL_CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "abi/cell.h"
#include "cell/report.h"
#include "cell/schema.h"

/** One value: as written, what that is, where. text is NULL if not given. */
struct cell_num {
	char *text;
	uint64_t v; /* the default, if not given and there is one */
	struct cell_pos pos;
};

/** A list of @count values. */
struct cell_nums {
	char **text;
	unsigned int count;
	struct cell_num *num;
	struct cell_pos pos;
};

struct cell_words {
	uint32_t v; /* bits of the words */
	struct cell_pos pos;
};

/* The type that each kind of key has in the structure of its mapping. */
#define CELL_MEMBER_NUM(field, what)   struct cell_num field;
#define CELL_MEMBER_NUMS(field, what)  struct cell_nums field;
#define CELL_MEMBER_WORDS(field, what) struct cell_words field;
#define CELL_MEMBER_MAP(field, what)   struct cell_##what field;
#define CELL_MEMBER_MAPS(field, what) \
	struct cell_##what *field;    \
	unsigned int field##_count;
#define CELL_MEMBER(map, kind, field, name, what, need, def, text) \
	CELL_MEMBER_##kind(field, what)

struct cell_start {
	struct cell_pos pos; /* line 0: not given */
	CELL_START_KEYS(CELL_MEMBER)
};

struct cell_memory {
	struct cell_pos pos;
	CELL_MEMORY_KEYS(CELL_MEMBER)
};

struct cell_port {
	struct cell_pos pos;
	CELL_PORT_KEYS(CELL_MEMBER)
};

struct cell_comm {
	struct cell_pos pos;
	CELL_COMM_KEYS(CELL_MEMBER)
};

struct cell_ivshmem {
	struct cell_pos pos;
	CELL_IVSHMEM_KEYS(CELL_MEMBER)
};

/** struct cell_config - a whole description; file: for messages */
struct cell_config {
	struct cell_pos pos;
	CELL_CONFIG_KEYS(CELL_MEMBER)
	char *file;
};

/** A CPU is its number, or CELL_CPU_LAPIC with its local APIC's id. */
#define CELL_CPU_LAPIC (1ULL << 32)

/**
 * Read the description at @path, YAML or compiled, and check all that can be
 * without a machine. 0, or a negative errno after a sentence for each problem
 * on @err: -EINVAL if it is not sound, else why it could not be read.
 */
int cell_config_load(const char *path, struct cell_config **out, FILE *err);
void cell_config_free(struct cell_config *cfg);

/** The same, from @size bytes in memory called @name; problems go to @r. */
int cell_config_read(const char *name, const void *data, size_t size,
		     struct cell_config **out, struct report *r);
/** The same, from a file. */
int cell_config_read_file(const char *path, struct cell_config **out,
			  struct report *r);

#endif
