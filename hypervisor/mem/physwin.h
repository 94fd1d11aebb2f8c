/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The way to memory that Holm does not map, a page at a time through a window
 * that only this CPU sees and that is open for just that access. Slower than
 * physmap.h, and the only way to the memory of cells; and to devices, whose
 * registers can be anywhere.
 */
#ifndef MEM_PHYSWIN_H
#define MEM_PHYSWIN_H

#include "lib/types.h"
#include "mem/addr.h"

void physwin_read(void *dst, hpa_t src, u64 len);
void physwin_write(hpa_t dst, const void *src, u64 len);
void physwin_zero(hpa_t dst, u64 len);

/** To memory behind the window from memory that is mapped. */
void physwin_fill(hpa_t dst, hpa_t src, u64 len);

/** One access of @size 1, 2, 4 or 8 bytes, aligned, to a device's register. */
u64 physwin_mmio_read(hpa_t at, u32 size);
void physwin_mmio_write(hpa_t at, u32 size, u64 val);

#endif
