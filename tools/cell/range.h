/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CELL_RANGE_H
#define CELL_RANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "cell/config.h"

/** Have [a, a + n) and [b, b + m) something in common? Ends may wrap. */
static inline bool ranges_overlap(uint64_t a, uint64_t n, uint64_t b,
				  uint64_t m)
{
	if (n == 0 || m == 0)
		return false;
	return a <= b ? b - a < n : a - b < m;
}

/** Bytes of a link's memory: state table, common part, a part of each peer. */
static inline uint64_t cell_link_size(const struct cell_ivshmem *s)
{
	return 4096 + s->rw.v + s->out.v * s->peers.v;
}

/** The same of a compiled description's. */
static inline uint64_t cell_record_link_size(const struct holm_cell_ivshmem *s)
{
	return 4096 + s->rw_size + s->out_size * s->peers;
}

#endif
