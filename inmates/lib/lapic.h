/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The local APIC: in x2APIC mode where the CPU has that, since only then a
 * cell's use of it needs no exit; not with the word "xapic". SDM vol 3, chapter 11.
 */
#ifndef LIB_LAPIC_H
#define LIB_LAPIC_H

#include "lib/types.h"

#define LAPIC_ID          0x20
#define LAPIC_VERSION     0x30
#define LAPIC_TPR         0x80
#define LAPIC_EOI         0xb0
#define LAPIC_SVR         0xf0
#define LAPIC_ICR         0x300
#define LAPIC_ICR_HIGH    0x310
#define LAPIC_LVT_TIMER   0x320
#define LAPIC_TIMER_INIT  0x380
#define LAPIC_TIMER_COUNT 0x390
#define LAPIC_TIMER_DIV   0x3e0
#define LAPIC_SELF_IPI    0x3f0 /* x2APIC mode only */

#define LVT_MASKED   BIT32(16)
#define LVT_PERIODIC BIT32(17)
#define LVT_DEADLINE BIT32(18)
#define TIMER_DIV_1  0xb

#define ICR_INIT    0x500U
#define ICR_STARTUP 0x600U
#define ICR_ASSERT  BIT32(14)
#define ICR_OTHERS  (3U << 18)

/** Enable the calling CPU's; true if it is in x2APIC mode now. */
bool lapic_init(void);
bool lapic_is_x2apic(void);

u32 lapic_read(u32 reg);
void lapic_write(u32 reg, u32 v);
u32 lapic_id(void);
void lapic_eoi(void);

/** The interrupt command: costs an exit. */
void lapic_icr(u32 dest, u32 low);

/** @vector to the calling CPU; no exit in x2APIC mode. */
void lapic_self(u32 vector);

#endif
