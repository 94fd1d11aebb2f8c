/* SPDX-License-Identifier: BSD-2-Clause */
/* The region's histogram, for `holm cell stats --histogram`. */
#ifndef LIB_HISTOGRAM_H
#define LIB_HISTOGRAM_H

#include "abi/cell_comm.h"
#include "lib/types.h"

/** Empty it; bucket n begins at @first + n * @width ticks of the TSC. */
void histogram_init(u64 first, u64 width);

/** One measurement, in TSC ticks. By one CPU; no exit, no loop. */
void histogram_add(u64 ticks);

/** What is counted so far. */
const struct holm_comm_histogram *histogram(void);

#endif
