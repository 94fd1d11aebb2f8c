/* SPDX-License-Identifier: BSD-2-Clause */
/* Maps of the machine, as tables, JSON and pictures. */
#ifndef HOLM_MEMORY_H
#define HOLM_MEMORY_H

#include <stdio.h>

#include "holm/memmap.h"

/** Whose CPUs are whose, and which VMs are cells; for pictures. */
struct owners {
	const struct holm_cpu *cpu;
	size_t cpus;
	bool (*is_cell)(const struct owners *o, uint32_t slot);
	const void *ctx;
};

/**
 * Draw the machine's memory and, beside it, what each User VM sees of it;
 * unless @o is NULL, above it the CPUs.
 */
void memory_svg(FILE *out, const struct memmap *m, const struct vms *vms,
		const struct holm_info *info, const struct owners *o);

/** The memory as lines of a table, with a head. */
void memory_print_spans(FILE *out, const struct memmap *m);
/** The same as an array of JSON named "spans". */
struct json;
void memory_json_spans(struct json *js, const struct memmap *m);

#endif
