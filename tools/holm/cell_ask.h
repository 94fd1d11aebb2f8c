/* SPDX-License-Identifier: BSD-2-Clause */
/* Questions to cells, by their communication regions. */
#ifndef HOLM_CELL_ASK_H
#define HOLM_CELL_ASK_H

#include "holm/cells.h"

/**
 * Ask @cell, found in @slot, whether it may be shut down, and wait up to
 * @seconds. STATUS_DONE: it agrees, or there is nobody to ask (it does not
 * run, or takes no messages). STATUS_BUSY: it refuses. STATUS_TIMEOUT: no
 * answer. Both have been said.
 */
int cell_ask_shutdown(const struct holm *h, const struct holm_cell *cell,
		      uint32_t slot, unsigned int seconds);

#endif
