/* SPDX-License-Identifier: BSD-2-Clause */
/* The driver's side of a split virtqueue, written from the specification. */
#ifndef TESTS_DRIVER_H
#define TESTS_DRIVER_H

#include "mem/guest_mem.h"

#include <linux/virtio_ring.h>

#define DRIVER_SIZE_MAX 256

struct driver_buf {
	uint64_t gpa;
	uint32_t len;
	bool in; /* the device writes it */
};

struct driver_queue {
	const struct guest_mem *mem;
	uint16_t size;
	uint64_t desc_at, avail_at, used_at;
	struct vring_desc *desc;
	struct vring_avail *avail;
	struct vring_used *used;
	bool event_idx;
	uint16_t avail_idx;
	uint16_t published;
	uint16_t last_used;
	uint16_t free_count;
	uint16_t free[DRIVER_SIZE_MAX];
	uint16_t held[DRIVER_SIZE_MAX]; /* descriptors of the chain at head */
};

/** Lay the three rings out from at on; the first address after them. */
uint64_t driver_init(struct driver_queue *q, const struct guest_mem *mem,
		     uint64_t at, uint16_t size, bool event_idx);

/**
 * Make a chain available, its head or -1 if descriptors are short. table: 0,
 * or where to put them as an indirect table of n entries.
 */
int driver_add(struct driver_queue *q, const struct driver_buf *buf, uint32_t n,
	       uint64_t table);

/** Show the device what was added; whether it wants a kick. */
bool driver_publish(struct driver_queue *q);

/** Take a used chain; false if there is none. Frees its descriptors. */
bool driver_take(struct driver_queue *q, uint16_t *head, uint32_t *len);

/** Ask for an interrupt at the next used chain. */
void driver_want_interrupt(struct driver_queue *q);

#endif
