/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The address map. Holm lives in one top-level slot that Linux leaves empty
 * (509: between the CPU entry area and the espfix stacks), so the same map
 * can stand beside a running Linux kernel's.
 *
 *   HOLM_BASE	Holm's own memory, contiguous host-physical, in this order:
 *		header, text, read-only data, data, init table, console page,
 *		bss | next 2 MiB boundary: page pool (per-CPU areas, system
 *		config, allocation bitmap, dynamic pages)
 *   REMAP_BASE	MMIO that Holm itself uses
 *   LOCAL_BASE	the private area of the CPU that looks: every CPU sees its own
 *		here and none sees another's:
 *		guard, stack, guard, IST stack, struct percpu; and the window,
 *		a page through which it reaches memory that is not mapped
 *   low half	identity map of the machine: uncached, RAM write-back,
 *		user-accessible so that SMAP guards it; without Holm itself
 */
#ifndef MEM_LAYOUT_H
#define MEM_LAYOUT_H

#define HOLM_BASE    0xfffffe8000000000
#define HOLM_WINDOW  0x0000000040000000 /* 1 GiB at most */
#define REMAP_BASE   0xfffffec000000000
#define REMAP_WINDOW 0x0000000040000000
#define LOCAL_BASE   0xfffffeff80000000

/* Where the loader puts the image: 2 MiB, as a large page maps it early. */
#define HOLM_LOAD_PA 0x200000

/* The image, bss included, must fit before the pool. */
#define HOLM_IMAGE_MAX 0x200000

#define LOCAL_STACK_SIZE 0x4000
#define LOCAL_IST_SIZE   0x2000
#define LOCAL_STACK_BASE (LOCAL_BASE + 0x1000)
#define LOCAL_STACK_TOP  (LOCAL_STACK_BASE + LOCAL_STACK_SIZE)
#define LOCAL_IST_BASE   (LOCAL_STACK_TOP + 0x1000)
#define LOCAL_IST_TOP    (LOCAL_IST_BASE + LOCAL_IST_SIZE)
#define LOCAL_PERCPU     (LOCAL_IST_TOP + 0x1000)
/* In the same 2 MiB, so the table that maps it is there already. */
#define LOCAL_WINDOW (LOCAL_BASE + 0x1ff000)

#endif
