/* SPDX-License-Identifier: BSD-2-Clause */
/* Programs of a few instructions for cells, and where things are for them. */
#ifndef KIT_CELLS_H
#define KIT_CELLS_H

/* Addresses in the cell. */
#define CELL_AT      0x10000
#define CELL_AP      0x20000
#define CELL_STACK   0x70000
#define CELL_SHARED  0x80000
#define CELL_RESET   0xffff0
#define CELL_NOWHERE 0x300000
#define CELL_COMM    0x100000

/* Words of the shared page by which a test and the program "talk" agree. */
#define TALK_COUNT   0x0 /* it runs */
#define TALK_REPLY   0x4 /* its answer to SHUTDOWN; 0: none */
#define TALK_CHANGED 0x8 /* messages CHANGED it has had */
#define TALK_STATE   0xc /* what it says its state is */

/*
 * The program "link": a peer at this PCI address, whose shared memory is here
 * and begins with a state table, a common and the output sections of 4 KiB.
 * The common one begins with what it copies to its output section when it is
 * rung; LINK_RING + 4 * id is what it writes to its doorbell then, ~0: nothing.
 * Behind the copy it counts how often it was rung.
 */
#define CELL_IV_BDF   0x70
#define CELL_LINK     0x200000
#define CELL_IV_REGS  0xe1000000
#define CELL_IV_TABLE 0xe1001000
#define LINK_RW       0x1000
#define LINK_OUT      0x2000
#define LINK_RING     0x10
#define LINK_VECTOR   0x41
#define LINK_DIE      0xdead /* to be copied: it ends by a triple fault */

#define CELL_PORT       0x61
#define CELL_PORT_OTHER 0x80
#define CELL_PERIOD     200000

#ifndef __ASSEMBLER__

#include "lib/types.h"

/* clang-format off */
#define CELLS(X) \
	X(count) X(jam) X(triple) X(reach) X(sin) X(timer) X(pair) \
	X(pair_x2apic) X(real) X(talk) X(link)
/* clang-format on */

#define CELL_DECLARE(name) extern const u8 cell_##name[], cell_##name##_end[];
CELLS(CELL_DECLARE)

#endif
#endif
