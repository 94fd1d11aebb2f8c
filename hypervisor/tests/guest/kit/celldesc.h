/* SPDX-License-Identifier: BSD-2-Clause */
/* Descriptions of cells, built record by record, and the calls for cells. */
#ifndef KIT_CELLDESC_H
#define KIT_CELLDESC_H

#include "abi/cell.h"
#include "lib/types.h"

/** The one that is being built: "tiny". */
struct holm_cell_desc *desc(void);

void desc_begin(u32 flags, u64 entry);
void desc_add(const void *record, u32 size);
void desc_add_cpu(u32 lapic_id);
/** HOLM_CELL_M_READ is among the flags always. */
void desc_add_mem(u64 phys, u64 virt, u64 size, u32 flags);
void desc_add_port(u32 port, u32 count, u32 flags);
void desc_add_comm(u64 virt, u32 flags);
void desc_add_irq(u32 gsi);
void desc_add_pci(u32 bdf);

/** Set size and checksum: the size. */
u32 desc_seal(void);

/** Sealed, then Holm is asked for the cell: id or error. */
s64 desc_create(void);

/** Take the CPU from the Service VM, which is the caller. */
bool cell_take_cpu(u32 cpu);

/** HC_HOLM_CELL_*(id, 0). */
s64 cell_call(u64 nr, u32 id);

s64 cell_load(u32 id, const u8 *from, const u8 *end, u64 to);

struct holm_cell cell_query(u32 id);

#endif
