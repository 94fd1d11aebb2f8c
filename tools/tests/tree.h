/* SPDX-License-Identifier: BSD-2-Clause */
/* A machine's /proc and /sys as files of a test. */
#ifndef TESTS_TREE_H
#define TESTS_TREE_H

#include <stddef.h>

extern char tree_root[64]; /* "" before tree_make() */

/** A new, empty root; and its end, with all that is below. */
int tree_make(void **state);
int tree_remove(void **state);

/** A file of @size bytes, its folders made on the way. */
void tree_put(const char *path, const void *data, size_t size);
void tree_text(const char *path, const char *text);
void tree_link(const char *path, const char *target);

/** Two CPUs, 1 GiB of RAM, a bridge, a network card, a serial port. */
void tree_machine(void);

#endif
