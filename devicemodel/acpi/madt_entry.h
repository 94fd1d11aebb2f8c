/* SPDX-License-Identifier: BSD-2-Clause */
/* The interrupt controllers, entry by entry: ACPI 6.4, 5.2.12. */
#ifndef ACPI_MADT_ENTRY_H
#define ACPI_MADT_ENTRY_H

#include "core/types.h"

#define MADT_LAPIC_BASE  0xfee00000U
#define MADT_PCAT_COMPAT 1 /* flag: there is a pair of 8259s */

/* Flags of an override. */
#define MADT_ACTIVE_HIGH 0x1
#define MADT_LEVEL       0xc

struct madt_out {
	u8 *buf;
	size_t size;
	size_t len;
	bool full; /* an entry did not fit */
};

/** Begin a table in buf, which takes at least 44 bytes. */
void madt_begin(struct madt_out *o, void *buf, size_t size, u32 flags);
void madt_put_cpu(struct madt_out *o, u32 uid, u32 id);
void madt_put_ioapic(struct madt_out *o, u8 id, u32 addr, u32 gsi_base);
/** ISA interrupt irq is gsi; flags 0: as its bus has it. */
void madt_put_override(struct madt_out *o, u8 irq, u32 gsi, u16 flags);
/** LINT1 of every processor is the NMI. */
void madt_put_nmi(struct madt_out *o);
/** Write the header; returns the table's length. */
size_t madt_end(struct madt_out *o);

#endif
