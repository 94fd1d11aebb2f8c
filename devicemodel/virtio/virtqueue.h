/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The device's side of a split virtqueue. VIRTIO 1.2, 2.7.
 *
 * Everything in a ring is the guest's and may change under our eyes: each
 * index and each descriptor is read exactly once, the copy is checked, and
 * only the copy is used. A ring that breaks a rule makes the queue broken,
 * for good, until vq_reset(); nothing in it is touched any more.
 *
 * A queue has no lock of its own; its device's covers it.
 */
#ifndef VIRTIO_VIRTQUEUE_H
#define VIRTIO_VIRTQUEUE_H

#include "mem/guest_mem.h"

#include <linux/virtio_ring.h>
#include <sys/uio.h>

/** The most descriptors any of our queues has; a power of two. */
#define VQ_SIZE_MAX 256
/** Buffers of a chain: one that crosses two kinds of backing counts twice. */
#define VQ_SEGS (VQ_SIZE_MAX + 4 * GUEST_MEM_SEGMENTS)

struct virtqueue {
	const struct guest_mem *mem;
	u16 max_size; /* a power of two, at most VQ_SIZE_MAX */

	/* What the driver says; constant while enabled. */
	u16 size;
	u64 desc_at;
	u64 avail_at;
	u64 used_at;
	bool enabled;
	bool event_idx;
	bool indirect;

	/* The rings in our address space, checked by vq_enable(). */
	const u8 *desc;
	u8 *avail;
	u8 *used;

	u16 next_avail;     /* free-running, the next entry to take */
	u16 next_used;      /* free-running, the next entry to fill */
	u16 in_flight;      /* taken and not given back */
	u16 told_used;      /* next_used at the last question for a signal */
	bool suppressed;    /* the driver was asked not to kick */
	const char *broken; /* NULL, or the rule that was broken */
};

/** One request: buffers to read, then buffers to write. */
struct vq_chain {
	u16 head;
	u16 out; /* iov[0, out) the driver filled */
	u16 in;  /* iov[out, out + in) the device fills */
	u64 out_len;
	u64 in_len;
	struct iovec iov[VQ_SEGS];
};

/** Forget everything but mem and max_size. */
void vq_reset(struct virtqueue *vq);

/**
 * Check size and addresses and start. -EINVAL: size no power of two or above
 * max_size, rings misaligned or not in RAM; the queue is broken then.
 */
int vq_enable(struct virtqueue *vq, bool event_idx, bool indirect);

/**
 * Take the next chain. 1: taken; 0: none, and the driver will kick when there
 * is; -EIO: the queue is broken.
 */
int vq_pop(struct virtqueue *vq, struct vq_chain *chain);

/** Give a chain back, len bytes of its writable part written. */
void vq_push(struct virtqueue *vq, u16 head, u32 len);

/** Whether the driver wants to be told of what was given back since. */
bool vq_wants_signal(struct virtqueue *vq);

/**
 * Copy from the readable part, from its byte off on; the number copied, less
 * than len only where the part ends.
 */
u64 vq_chain_read(const struct vq_chain *chain, u64 off, void *to, u64 len);

/** Copy into the writable part likewise. */
u64 vq_chain_write(const struct vq_chain *chain, u64 off, const void *from,
		   u64 len);

#endif
