/* SPDX-License-Identifier: BSD-2-Clause */
/* CPUs of this machine by Linux's numbers. */
#ifndef CELL_CPUS_H
#define CELL_CPUS_H

#include <stdint.h>

/**
 * The local APIC id of a CPU as a description names it: a number of Linux, or
 * CELL_CPU_LAPIC | id. CPUs that are offline are found by the firmware's
 * table, which lists them in the order in which Linux counts. -ENOENT: there
 * is none.
 */
int cpus_find_lapic(uint64_t cpu, uint32_t *lapic_id);

/** The same on a machine whose /proc and /sys are below @root ("" for ours). */
int cpus_find_lapic_below(const char *root, uint64_t cpu, uint32_t *lapic_id);

#endif
