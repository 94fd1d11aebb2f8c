/* SPDX-License-Identifier: BSD-2-Clause */
/* The demos of inmates/ as cells, begun and watched; one at a time. */
#ifndef KIT_INMATE_H
#define KIT_INMATE_H

#include "abi/cell_comm.h"
#include "lib/types.h"

/* clang-format off */
#define INMATES(X) \
	X(clock) X(hello32) X(hello64) X(ioapic) X(pci) X(shutdown) X(smp) \
	X(timer) X(uart) X(wild)
/* clang-format on */

/* inmates.S has their images. */
#define INMATE_DECLARE(name) \
	extern const u8 inmate_##name[], inmate_##name##_end[];
INMATES(INMATE_DECLARE)

#define IMAGE(name) inmate_##name, inmate_##name##_end

/** The region, when it was last looked at. */
extern struct holm_comm inmate_comm;
const struct holm_comm *inmate_look(u32 id);

/**
 * Begin the description of a cell of CPUs 1 to @cpus, which are taken, with
 * the memory and the region that inmates want; add to it what else.
 */
void inmate_describe(u32 cpus, u32 flags);

/**
 * Make that cell and start it with @line as its command line, and "xapic"
 * unless that says "x2apic" or this machine can do both. Its id, 0 on failure.
 */
u32 inmate_begin(const u8 *image, const u8 *end, const char *line);

/** Wait until @text is on its console, and fail if it does not come. */
bool inmate_says(u32 id, const char *text);

/** It has said that it is shut down. */
bool inmate_is_over(u32 id);

/** Destroy it; Holm's memory must be what it was before inmate_describe(). */
void inmate_finish(u32 id);

#endif
