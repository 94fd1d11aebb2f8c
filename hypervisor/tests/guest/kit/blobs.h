/* SPDX-License-Identifier: BSD-2-Clause */
/* Programs of a few instructions for User VMs; what they do: blobs.S. */
#ifndef KIT_BLOBS_H
#define KIT_BLOBS_H

#include "kit/dm.h"
#include "lib/string.h"

#define BLOB_AT      0x10000U
#define BLOB_COUNTER 0x3000U

/* clang-format off */
#define BLOBS(X)							\
	X(spin) X(halt) X(sleep) X(request) X(triple) X(count) X(count_io) \
	X(ask) X(leak) X(long_out) X(long_in) X(long_move) X(restarter)		\
	X(state) X(scatter) X(real) X(flat) X(long)
/* clang-format on */

#define BLOB_DECLARE(name) extern const u8 blob_##name[], blob_##name##_end[];
BLOBS(BLOB_DECLARE)

/** Of blob_leak, for this very CPU. */
u32 leak_look(void);
void leak_taint(void);

#define blob_load(vm, name)                      \
	memcpy((vm)->ram + BLOB_AT, blob_##name, \
	       (size_t)(blob_##name##_end - blob_##name))

#endif
