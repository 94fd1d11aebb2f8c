/* SPDX-License-Identifier: BSD-2-Clause */
/* Who owns which part of the machine's memory. */
#ifndef HOLM_MEMMAP_H
#define HOLM_MEMMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "holm/source.h"
#include "holm/vms.h"

enum span_kind {
	SPAN_HOLE,     /* nothing the firmware knows of */
	SPAN_FIRMWARE, /* kept by the firmware */
	SPAN_HOLM,
	SPAN_DEVICE, /* answered or hidden by Holm */
	SPAN_SERVICE,
	SPAN_USER,
};

/** A stretch of host-physical memory that one owner has. */
struct span {
	uint64_t base, size;
	enum span_kind kind;
	char owner[24]; /* a VM's name, "Holm", "firmware", "-" */
	char what[48];
	uint32_t slot; /* of a User VM */
};

/** What a User VM sees where. */
struct view {
	uint32_t slot;
	uint64_t gpa, hpa, size;
};

struct memmap {
	struct span *span; /* by rising address, without gaps, from 0 */
	size_t n;
	struct view *view; /* by VM, then by rising address */
	size_t nviews;
};

/** Ask for all of it. 0 or a negative errno; free it with memmap_free(). */
int memmap_read(struct memmap *m, const struct source *src,
		const struct vms *vms);
void memmap_free(struct memmap *m);

/**
 * Put @s over what is there: spans that it covers in part are cut. Spans stay
 * sorted. 0 or -ENOMEM.
 */
int memmap_paint(struct memmap *m, const struct span *s);

/** After painting: holes become spans, neighbours of one owner one span. */
int memmap_close(struct memmap *m);

/** Bytes of all spans of @owner. */
uint64_t memmap_owned(const struct memmap *m, const char *owner);

#endif
