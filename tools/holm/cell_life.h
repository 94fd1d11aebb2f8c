/* SPDX-License-Identifier: BSD-2-Clause */
/* What the commands that change cells have in common. */
#ifndef HOLM_CELL_LIFE_H
#define HOLM_CELL_LIFE_H

#include "cell/config.h"
#include "holm/cells.h"
#include "holm/why.h"

/**
 * Call the driver, and if it refuses, say which cell and step it was, with
 * the sentences of the driver and of Holm. Returns an exit status; on
 * STATUS_DONE *@result, unless NULL, is what the driver returned.
 */
int cell_control(const struct holm *h, const char *what, unsigned long request,
		 void *arg, int *result);

/** Say what was done, as text or as a JSON document. */
int cell_report(const struct holm *h, const char *name, const char *result);

/** What is still to be changed in a compiled description. */
struct cell_edit {
	int (*fn)(struct holm_cell_desc *desc, void *arg); /* exit status */
	void *arg;
};

/**
 * Make the cell that @cfg describes, after @edit unless NULL; *@id, unless
 * NULL, is its number. Returns an exit status after saying what failed.
 */
int cell_create_config(const struct holm *h, const struct cell_config *cfg,
		       const struct cell_edit *edit, int *id);

/** The whole of a file, for free(); NULL after saying why not. */
void *cell_read_file(const struct holm *h, const char *path, size_t *size);

#endif
