/* SPDX-License-Identifier: BSD-2-Clause */
/* Entropy device; VIRTIO 1.2, 5.4: each buffer is filled with random bytes. */
#include "virtio/virtio.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define QUEUE      0
#define QUEUE_SIZE 64
/* A guest gets this much of a buffer, and so many of them at a time. */
#define FILL_MAX 4096U
#define BATCH    16

struct rng {
	struct vq_chain chain;
	u8 bytes[FILL_MAX];
};

/* The kernel's generator gives short only when a signal interrupts it. */
static u32 rng_fill(struct rng *r)
{
	u64 want = min_u64(r->chain.in_len, FILL_MAX);
	ssize_t n = getrandom(r->bytes, want, 0);

	if (n <= 0)
		return 0;
	return (u32)vq_chain_write(&r->chain, 0, r->bytes, (u64)n);
}

static void rng_notify(struct virtio_dev *vd, u16 queue)
{
	struct rng *r = vd->priv;
	int n;

	for (n = 0; n < BATCH && virtio_pop(vd, queue, &r->chain); n++)
		virtio_push(vd, queue, r->chain.head, rng_fill(r));
	virtio_signal(vd, queue);
	/* Others wait for this thread, too. */
	if (n == BATCH)
		virtio_again(vd, queue);
}

static void rng_destroy(struct virtio_dev *vd)
{
	struct rng *r = vd->priv;

	explicit_bzero(r->bytes, sizeof(r->bytes));
	free(r);
}

static const struct virtio_ops rng_ops = {
	.name = "virtio-rnd",
	.notify = rng_notify,
	.destroy = rng_destroy,
};

int virtio_rng_init(struct pci_dev *pci, const char *opts, struct dm_error *err)
{
	struct virtio_setup setup = { .ops = &rng_ops,
				      .loop = pci->bus->loop,
				      .queue_count = 1,
				      .queue_size = QUEUE_SIZE };
	struct virtio_dev *vd;
	int rc;

	(void)opts;
	setup.priv = calloc(1, sizeof(struct rng));
	if (!setup.priv)
		return dm_fail(err, -ENOMEM, "no memory for virtio-rnd");
	rc = virtio_init(pci, &setup, &vd);
	if (!rc)
		return 0;
	free(setup.priv);
	return dm_fail(err, rc, "cannot set up virtio-rnd: %s", strerror(-rc));
}
