/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The only way to memory that is not Holm's own: through the identity map,
 * with SMAP lifted for just that access. Ranges must be RAM that a stage 2
 * translated or that the boot memory map names.
 */
#ifndef MEM_PHYSMAP_H
#define MEM_PHYSMAP_H

#include "lib/types.h"
#include "mem/addr.h"

/** Arm the accessors for a CPU with SMAP; before, they touch no flag. */
void physmap_set_smap(bool on);

void physmap_read(void *dst, hpa_t src, u64 len);
void physmap_write(hpa_t dst, const void *src, u64 len);
void physmap_zero(hpa_t dst, u64 len);
void physmap_move(hpa_t dst, hpa_t src, u64 len);

/** Eight bytes, at any alignment inside one page. */
u64 physmap_load64(hpa_t src);

/** Aligned 32-bit accesses: load with acquire, store with release order. */
u32 physmap_load32(hpa_t src);
void physmap_store32(hpa_t dst, u32 v);

#endif
