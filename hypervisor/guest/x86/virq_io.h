/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How the models of the interrupt and timer chips describe the accesses
 * they answer, so that io/ can register them without knowing them.
 */
#ifndef GUEST_X86_VIRQ_IO_H
#define GUEST_X86_VIRQ_IO_H

#include "lib/types.h"

/**
 * One access. @at is the port number for port ranges and the offset into
 * the window for MMIO; @size is 1, 2, 4 or 8. Reads set the low @size bytes
 * of *@val and clear the rest; writes look at the low @size bytes only.
 * Return 0; an access the chip does not know reads as ones and writes
 * nothing, as on a bus where nothing answers.
 */
typedef int (*vdev_access_fn)(void *dev, u32 at, u32 size, u64 *val);

struct vdev_range {
	const char *name;
	bool mmio;
	u64 base; /* first port, or guest-physical address */
	u64 size; /* ports, or bytes */
	vdev_access_fn read;
	vdev_access_fn write;
};

/** All ones in the low @size (1 to 8) bytes: a bus where nothing is. */
static inline u64 vdev_no_answer(u32 size)
{
	return ~(u64)0 >> (64 - 8 * size);
}

#endif
