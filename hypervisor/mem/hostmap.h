/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Holm's own address space, as layout.h draws it: one base map that every
 * CPU's root shares, plus a private area a CPU.
 */
#ifndef MEM_HOSTMAP_H
#define MEM_HOSTMAP_H

#include "lib/types.h"
#include "mem/addr.h"
#include "mem/e820.h"
#include "mem/pgtable.h"
#include "mem/pool.h"

/** Where Holm's memory is and how its image is divided. */
struct hostmap_image {
	u64 text, rodata, data, end; /* offsets from HOLM_BASE, page aligned */
	hpa_t hpa;                   /* of HOLM_BASE */
	u64 size;                    /* image and pool, multiple of 2 MiB */
};

/**
 * Build the base map. -ENOMEM: the pool is too small for it; -EPERM: a part
 * came out both writable and executable.
 */
int hostmap_build(struct page_pool *pool, const struct hostmap_image *img,
		  const struct e820 *map, u8 leaf_levels);

/** Root of the base map. */
hpa_t hostmap_root(void);

/** Map @size bytes of MMIO for Holm's own use; NULL if it does not fit. */
volatile void *hostmap_remap(hpa_t hpa, u64 size);

/**
 * Build a CPU's own tree: the base map, and @area (LOCAL_PERCPU - LOCAL_BASE +
 * @percpu_size bytes, guards not counted) as its private memory, which leaves
 * the base map. The CPU may map and withdraw the page at LOCAL_WINDOW in *@pt;
 * that takes no memory.
 */
int hostmap_add_cpu(void *area, u64 percpu_size, struct pgtable *pt);

/*
 * Memory that Holm does without: a cell's. Callers serialise (the hand-over
 * lock). What was hidden is still in CPUs' translation caches: see
 * vm_forget_host().
 */

/** Out of the identity map, where it has it. -ENOMEM, nothing changed. */
int hostmap_hide(hpa_t hpa, u64 size);

/** Map it again, with the type it had (PT_WB: RAM; PT_UC). Cannot fail. */
void hostmap_show(hpa_t hpa, u64 size, u32 type);

/**
 * Nothing is hidden now: large leaves again where there were some. Tables
 * that this frees wait for hostmap_reap(), when no CPU has a translation of
 * before any more.
 */
void hostmap_settle(void);
void hostmap_reap(void);

/** As pgtable_for_each(), over the identity map from @from on. */
int hostmap_for_each(u64 from, int (*fn)(const struct pt_leaf *leaf, void *arg),
		     void *arg);

/** Bytes of private memory hostmap_add_cpu() wants. */
u64 hostmap_area_size(u64 percpu_size);

/**
 * A map for the moment a CPU turns paging on at @page: Holm's window and
 * that one page, executable at its physical address. Root below 4 GiB.
 */
int hostmap_build_trampoline(struct pgtable *pt, u64 page);

#endif
