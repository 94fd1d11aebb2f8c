/* SPDX-License-Identifier: BSD-2-Clause */
/* holm hv memory: the map as a picture. */
#ifndef HOLM_MEMORY_H
#define HOLM_MEMORY_H

#include <stdio.h>

#include "holm/memmap.h"

/** Draw the machine's memory and, beside it, what each User VM sees of it. */
void memory_svg(FILE *out, const struct memmap *m, const struct vms *vms,
		const struct holm_info *info);

#endif
