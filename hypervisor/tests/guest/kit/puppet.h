/* SPDX-License-Identifier: BSD-2-Clause */
/* A cell whose every access a test chooses: the program "puppet". */
#ifndef KIT_PUPPET_H
#define KIT_PUPPET_H

#include "kit/cells.h"

/*
 * The program "puppet" does one access at a time: the test writes address
 * and value, then operation, then a new number at PUPPET_SEQ; when that
 * stands at PUPPET_ACK it is done, and what was read at PUPPET_VALUE.
 */
#define PUPPET_SEQ   0x100
#define PUPPET_ACK   0x104
#define PUPPET_OP    0x108
#define PUPPET_ADDR  0x10c
#define PUPPET_VALUE 0x110
#define PUPPET_XAPIC 0x114 /* not 0: it does not enter x2APIC mode */
/* Interrupts taken, of PUPPET_VECTOR and the 15 above it. */
#define PUPPET_IRQS   0x200
#define PUPPET_VECTOR 0x40

#define PUPPET_READ32  0
#define PUPPET_READ16  1
#define PUPPET_READ8   2
#define PUPPET_WRITE32 3
#define PUPPET_WRITE16 4
#define PUPPET_WRITE8  5
#define PUPPET_IN32    6
#define PUPPET_IN16    7
#define PUPPET_IN8     8
#define PUPPET_OUT32   9
#define PUPPET_OUT16   10
#define PUPPET_OUT8    11

#ifndef __ASSEMBLER__

#include "kit/celldesc.h"
#include "lib/types.h"

extern const u8 cell_puppet[], cell_puppet_end[];

/** The page that the Service VM and the puppet share. */
#define PUPPET_SHARED MIB(310)
#define PUPPET_RAM    MIB(300)
#define PUPPET_SIZE   0x80000U

/** lapic=xapic: where x2APIC mode cannot be left, it is not entered. */
bool puppet_in_xapic_mode(void);

/** Begin a description: CPU 1, memory, the shared page. */
void puppet_describe(u32 flags);

/** Make the cell, load it, start it: its id, 0 on failure. */
u32 puppet_make(void);

/** From the beginning, with no interrupt counted. */
bool puppet_start(u32 id);

/** The cell is to do that, and may not survive it. */
void puppet_begin(u32 op, u32 addr, u32 val);

/** One access of the cell's; the value read. A failure if it does not end. */
u32 puppet_do(u32 op, u32 addr, u32 val);

/** Interrupts it has taken of @vector. */
u32 puppet_irqs(u32 vector);

/** Destroy it, and check that Holm has the pages it had before. */
void puppet_end(u32 id);

#endif
#endif
