/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The communication region, at INMATE_COMM. An inmate without one does not
 * print, takes no messages and keeps its histogram to itself.
 */
#ifndef LIB_COMM_H
#define LIB_COMM_H

#include "abi/cell_comm.h"
#include "lib/types.h"

/** NULL before comm_init(), and if the cell has no region. */
extern struct holm_comm *comm;

void comm_init(void);

/** Append to the console; the oldest is overwritten. */
void comm_write(const char *text, u32 len);

/** HOLM_CELL_*, what `holm cell list` shows. */
void comm_state(u32 state);

/** HOLM_COMM_* that is not answered yet, or HOLM_COMM_NONE. No exit. */
u32 comm_message(void);
void comm_reply(u32 reply);

#endif
