/* SPDX-License-Identifier: BSD-2-Clause */
/* The cells the hypervisor knows. */
#ifndef HOLM_CELLS_H
#define HOLM_CELLS_H

#include "abi/cell.h"
#include "holm/holm.h"

/** All cells; the caller frees @cell. */
struct cells {
	struct holm_cell *cell;
	uint32_t *slot; /* of each, as queries have it */
	size_t n;
};

/** 0 or a negative errno. */
int cells_read(const struct source *src, struct cells *cells);
void cells_free(struct cells *cells);

/** Index of the cell of that name, or cells->n. */
size_t cells_find(const struct cells *cells, const char *name);

/**
 * Read them and find the one the command is about. Returns an exit status;
 * on STATUS_DONE *@cell is it and *@slot, unless NULL, its slot.
 */
int cells_get(const struct holm *h, struct holm_cell *cell, uint32_t *slot);

/** "running", "shut down", ... */
const char *name_of_cell_state(uint32_t state);

/** What was refused, for enum holm_cell_denial. */
const char *name_of_denial(uint32_t reason);

#endif
