/* SPDX-License-Identifier: BSD-2-Clause */
/* The I/O APIC, 82093AA, and the two 8259A. */
#ifndef KIT_IOAPIC_H
#define KIT_IOAPIC_H

#include "lib/types.h"

#define IOAPIC_PAGE    0xfec00000UL
#define RTE_LEVEL      BIT32(15)
#define RTE_MASKED     BIT32(16)
#define RTE_LOW        BIT32(13)
#define RTE_REMOTE_IRR BIT32(14)
#define RTE_LOGICAL    BIT32(11)
#define RTE_MODE_SHIFT 8

u32 ioapic_read(u32 reg);
void ioapic_write(u32 reg, u32 val);

/** Entry @pin: low half, physical destination. */
void ioapic_set(u32 pin, u32 low, u32 dest);
u32 ioapic_get(u32 pin);

/** Initialise both PICs, vectors from @base on, @mask: 1 is masked. */
void pic_init(u8 base, u16 mask);
void pic_eoi(u32 irq);

#endif
