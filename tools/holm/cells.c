/* SPDX-License-Identifier: BSD-2-Clause */
#include "holm/cells.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "holm/nearest.h"

#define SLOTS 256 /* as many as are looked for */

static const char *const states[] = {
	[HOLM_CELL_RUNNING] = "running",
	[HOLM_CELL_LOCKED] = "locked",
	[HOLM_CELL_SHUT_DOWN] = "shut down",
	[HOLM_CELL_FAILED] = "failed",
};

#define DENIAL(id, text) text,
static const char *const denials[] = { HOLM_CELL_DENIALS(DENIAL) };

#define LOOK_UP(table, n) \
	((n) < sizeof(table) / sizeof((table)[0]) ? (table)[n] : "unknown")

const char *name_of_cell_state(uint32_t state)
{
	return LOOK_UP(states, state);
}

const char *name_of_denial(uint32_t reason)
{
	return LOOK_UP(denials, reason);
}

static int add(struct cells *cells, const struct holm_cell *cell, uint32_t slot)
{
	struct holm_cell *grown =
		realloc(cells->cell, (cells->n + 1) * sizeof(*grown));
	uint32_t *slots;

	if (!grown)
		return -ENOMEM;
	cells->cell = grown;
	slots = realloc(cells->slot, (cells->n + 1) * sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	cells->slot = slots;
	grown[cells->n] = *cell;
	/* Terminated, whatever the answer says. */
	grown[cells->n].name[sizeof(cell->name) - 1] = '\0';
	slots[cells->n++] = slot;
	return 0;
}

int cells_read(const struct source *src, struct cells *cells)
{
	struct holm_cell cell;
	uint32_t slot;
	int err = 0;

	*cells = (struct cells){ .n = 0 };
	for (slot = 0; slot < SLOTS && !err; slot++) {
		err = source_read(src, HOLM_QUERY_CELL, slot, &cell,
				  sizeof(cell));
		if (!err && cell.id)
			err = add(cells, &cell, slot);
	}
	if (!err || err == -ENOENT)
		return 0;
	cells_free(cells);
	return err;
}

void cells_free(struct cells *cells)
{
	free(cells->cell);
	free(cells->slot);
	*cells = (struct cells){ .n = 0 };
}

size_t cells_find(const struct cells *cells, const char *name)
{
	size_t i = 0;

	while (i < cells->n && strcmp(cells->cell[i].name, name))
		i++;
	return i;
}

static int say_missing(const struct holm *h, const struct cells *cells)
{
	struct nearest n;
	char hint[64];
	size_t i;

	nearest_init(&n, h->name);
	for (i = 0; i < cells->n; i++)
		nearest_try(&n, cells->cell[i].name);
	return say(h, STATUS_NOT_FOUND, "no cell is named '%s'%s", h->name,
		   nearest_hint(&n, hint, sizeof(hint)));
}

int cells_get(const struct holm *h, struct holm_cell *cell, uint32_t *slot)
{
	struct cells cells;
	int err = cells_read(h->src, &cells), status = STATUS_DONE;
	size_t i;

	if (err)
		return say_query(h, "cells", err);
	i = cells_find(&cells, h->name);
	if (i == cells.n) {
		status = say_missing(h, &cells);
	} else {
		*cell = cells.cell[i];
		if (slot)
			*slot = cells.slot[i];
	}
	cells_free(&cells);
	return status;
}
