/* SPDX-License-Identifier: BSD-2-Clause */
/* The I/O APIC, Intel 82093AA: pins that the description has. */
#ifndef LIB_IOAPIC_H
#define LIB_IOAPIC_H

#include "lib/types.h"

#define IOAPIC_LEVEL BIT32(15) /* else edge */
#define IOAPIC_LOW   BIT32(13) /* else active high */

/** Interrupts of @gsi come as @vector to the calling CPU. */
void ioapic_route(u32 gsi, u32 vector, u32 flags);
void ioapic_mask(u32 gsi);

/** The pin's entry, lower half. */
u32 ioapic_entry(u32 gsi);

/** Pins that there are. */
u32 ioapic_pins(void);

#endif
