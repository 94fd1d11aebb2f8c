/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Kinds of resources that change hands when a cell is made and when it is
 * gone. Each is a file of this room and a line in cell_take.c.
 */
#ifndef CELL_CELL_TAKE_H
#define CELL_CELL_TAKE_H

#include "cell/cell.h"

/** All are called with the hand-over lock held, but for reset(). */
struct cell_resource {
	/**
	 * Take from the Service VM what the cell's records of this kind list
	 * and give it to the cell, which never ran: all of it, or nothing and
	 * an error after a line in the log.
	 */
	int (*take)(struct cell *c);
	/**
	 * Undo take(), after everything of a later kind was given back. The
	 * cell's VM is gone, or will never run: look at nothing of it.
	 * Cannot fail.
	 */
	void (*give_back)(struct cell *c);
	/**
	 * The cell was stopped and will begin anew: what is its stays its,
	 * as it was after take(). With the VM's lock. NULL: nothing to do.
	 */
	void (*reset)(struct cell *c);
};

extern const struct cell_resource cell_ports, cell_memory, cell_communication,
	cell_irqs, cell_parts, cell_pcis, cell_ivshmem;

/*
 * The same of one range that no record of @c's lists: memory that several
 * cells have, and what PCI functions decode.
 */

/**
 * Take @m's memory from the Service VM: RAM is wiped, and it is mapped
 * nowhere. As take() above.
 */
int cell_mem_take(const struct cell *c, const struct holm_cell_mem *m);

/** Undo it, whatever of it the Service VM maps. Cannot fail. */
void cell_mem_give_back(const struct holm_cell_mem *m);

/** -EBUSY, and a line in the log: a VM has it, not the Service VM or @c's. */
int cell_mem_check_unused(const struct cell *c, const struct holm_cell_mem *m);

/** subpage_take() for @c, and no other VM may have the page. */
int cell_part_take(const struct cell *c, struct subpage *s);

/** The cell @c gets the ports @p. */
int cell_port_take(const struct cell *c, const struct holm_cell_port *p);
void cell_port_give_back(const struct holm_cell_port *p);

#endif
