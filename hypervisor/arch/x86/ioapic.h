/* SPDX-License-Identifier: BSD-2-Clause */
/* The registers of an I/O APIC: 82093AA, 3.1 and 3.2. The caller serialises. */
#ifndef ARCH_X86_IOAPIC_H
#define ARCH_X86_IOAPIC_H

#include "lib/types.h"

#define IOREGSEL 0x00U
#define IOWIN    0x10U
#define IOEOI    0x40U /* from version 0x20 on; write-only */
/** Pins that the version register can count. */
#define IOAPIC_PINS_MAX 256U

#define IOAPIC_VERSION   0x01U
#define IOAPIC_PINS(ver) (((ver) >> 16 & 0xff) + 1)
/** Low half of the entry of pin n at RTE_FIRST + 2 * n, then the high half. */
#define RTE_FIRST      0x10U
#define RTE_VECTOR     0xffU
#define RTE_MODE_SHIFT 8
#define RTE_LOGICAL    BIT32(11)
#define RTE_STATUS     BIT32(12)
#define RTE_LOW        BIT32(13)
#define RTE_REMOTE_IRR BIT32(14)
#define RTE_LEVEL      BIT32(15)
#define RTE_MASKED     BIT32(16)
#define RTE_DEST_SHIFT 24 /* in the high half */
#define RTE_READ_ONLY  (RTE_STATUS | RTE_REMOTE_IRR)

/** Through the register and data windows of the page at @regs. */
u32 ioapic_reg_read(volatile void *regs, u32 reg);
void ioapic_reg_write(volatile void *regs, u32 reg, u32 val);

/** End the level-triggered interrupts of @vector; older ones do nothing. */
void ioapic_eoi(volatile void *regs, u32 vector);

#endif
