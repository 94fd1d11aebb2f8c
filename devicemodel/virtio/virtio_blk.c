/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Block device; VIRTIO 1.2, 5.2. Each disk has a thread of its own, which
 * takes requests off the queue; the backend does them in any order.
 */
#include "backend/block.h"
#include "virtio/virtio.h"

#include <errno.h>
#include <linux/virtio_blk.h>
#include <stdlib.h>
#include <string.h>

#define QUEUE      0
#define QUEUE_SIZE 128
/* A request's buffers are its chain without header and status. */
#define SEG_MAX (QUEUE_SIZE - 2)
/* 64 MiB at a time: what is forgotten must not keep others waiting. */
#define RANGE_SECTORS_MAX (128 * 1024)
static_assert(QUEUE_SIZE <= BLOCK_DEPTH, "the backend takes all we have");
static_assert(sizeof(struct virtio_blk_config) <= VIRTIO_CONFIG_MAX,
	      "configuration space");

struct blk;

struct blk_req {
	struct block_req io; /* first: done() gets it back */
	struct blk *disk;
	struct vq_chain chain;
	u8 *status;
	u32 filled; /* bytes written for the guest if all goes well */
	struct blk_req *next;
};

struct blk_settings {
	char *path;
	const char *serial;
	bool read_only;
	bool discard;
	bool write_through;
	enum block_aio aio;
};

struct blk {
	struct virtio_dev *vd;
	struct block disk;
	struct event_loop loop;
	char serial[VIRTIO_BLK_ID_BYTES];
	pthread_cond_t idle; /* in_flight became 0; with the device's lock */
	u32 in_flight;
	struct blk_req *free;
	struct blk_req req[QUEUE_SIZE];
};

/* How a request goes on: a status for the guest, or it is with the backend. */
#define BLK_PENDING (-1)

static void blk_finish(struct blk_req *r, int status)
{
	struct blk *d = r->disk;
	u32 len = status == VIRTIO_BLK_S_OK ? r->filled + 1 : 1;

	if (virtio_live(d->vd))
		*r->status = (u8)status;
	virtio_push(d->vd, QUEUE, r->chain.head, len);
	virtio_signal(d->vd, QUEUE);
	/* blk_notify() stopped for want of this, maybe with more waiting. */
	if (!d->free)
		virtio_again(d->vd, QUEUE);
	r->next = d->free;
	d->free = r;
	if (--d->in_flight == 0)
		pthread_cond_broadcast(&d->idle);
}

/* On the backend's thread. */
static void blk_done(struct block_req *io, int rc)
{
	struct blk_req *r = (struct blk_req *)io;
	struct virtio_dev *vd = r->disk->vd;

	pthread_mutex_lock(&vd->lock);
	blk_finish(r, rc ? VIRTIO_BLK_S_IOERR : VIRTIO_BLK_S_OK);
	pthread_mutex_unlock(&vd->lock);
}

static int blk_start(struct blk_req *r, enum block_op op, u64 off, u64 len)
{
	r->io = (struct block_req){ .op = op,
				    .off = off,
				    .len = len,
				    .iov = r->chain.iov,
				    .iov_count = r->chain.out,
				    .done = blk_done };
	if (op == BLOCK_READ) {
		r->io.iov += r->chain.out;
		r->io.iov_count = r->chain.in;
	}
	/* Who cannot flush, or said not to, gets writes that stay (5.2.6.2). */
	r->io.durable =
		!virtio_has(r->disk->vd, VIRTIO_BLK_F_FLUSH) ||
		!r->disk->vd->config[offsetof(struct virtio_blk_config, wce)];
	return BLK_PENDING;
}

/* Sectors to bytes, if they lie within the disk. */
static bool blk_range(const struct blk *d, u64 sector, u64 len, u64 *off)
{
	const u64 sectors = d->disk.size / BLOCK_SECTOR;

	if (!len || len % BLOCK_SECTOR || sector > sectors ||
	    len / BLOCK_SECTOR > sectors - sector)
		return false;
	*off = sector * BLOCK_SECTOR;
	return true;
}

static int blk_read(struct blk_req *r, u64 sector)
{
	u64 off;

	if (!blk_range(r->disk, sector, r->chain.in_len, &off))
		return VIRTIO_BLK_S_IOERR;
	r->filled = (u32)r->chain.in_len;
	return blk_start(r, BLOCK_READ, off, r->chain.in_len);
}

static int blk_write(struct blk_req *r, u64 sector)
{
	u64 off;

	if (r->disk->disk.read_only ||
	    !blk_range(r->disk, sector, r->chain.out_len, &off))
		return VIRTIO_BLK_S_IOERR;
	return blk_start(r, BLOCK_WRITE, off, r->chain.out_len);
}

static int blk_flush(struct blk_req *r, u64 sector)
{
	(void)sector;
	if (r->disk->disk.read_only)
		return VIRTIO_BLK_S_OK;
	return blk_start(r, BLOCK_FLUSH, 0, 0);
}

static int blk_get_id(struct blk_req *r, u64 sector)
{
	(void)sector;
	r->filled = (u32)vq_chain_write(&r->chain, 0, r->disk->serial,
					sizeof(r->disk->serial));
	return VIRTIO_BLK_S_OK;
}

/* One range at a time is what we offer. */
static int blk_ranged(struct blk_req *r, enum block_op op, u32 flags)
{
	struct virtio_blk_discard_write_zeroes range;
	struct blk *d = r->disk;
	u64 off, len;

	if (d->disk.read_only || r->chain.out_len != sizeof(range) ||
	    vq_chain_read(&r->chain, 0, &range, sizeof(range)) != sizeof(range))
		return VIRTIO_BLK_S_IOERR;
	if (range.flags & ~flags)
		return VIRTIO_BLK_S_UNSUPP;
	len = (u64)range.num_sectors * BLOCK_SECTOR;
	if (range.num_sectors > RANGE_SECTORS_MAX ||
	    !blk_range(d, range.sector, len, &off))
		return VIRTIO_BLK_S_IOERR;
	blk_start(r, op, off, len);
	r->io.unmap = range.flags & VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP;
	return BLK_PENDING;
}

static int blk_discard(struct blk_req *r, u64 sector)
{
	(void)sector;
	if (!virtio_has(r->disk->vd, VIRTIO_BLK_F_DISCARD))
		return VIRTIO_BLK_S_UNSUPP;
	return blk_ranged(r, BLOCK_DISCARD, 0);
}

static int blk_zero(struct blk_req *r, u64 sector)
{
	(void)sector;
	if (!virtio_has(r->disk->vd, VIRTIO_BLK_F_WRITE_ZEROES))
		return VIRTIO_BLK_S_UNSUPP;
	return blk_ranged(r, BLOCK_ZERO, VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP);
}

/* clang-format off */
static const struct {
	u32 type;
	int (*start)(struct blk_req *r, u64 sector);
} kinds[] = {
	{ VIRTIO_BLK_T_IN, blk_read },
	{ VIRTIO_BLK_T_OUT, blk_write },
	{ VIRTIO_BLK_T_FLUSH, blk_flush },
	{ VIRTIO_BLK_T_GET_ID, blk_get_id },
	{ VIRTIO_BLK_T_DISCARD, blk_discard },
	{ VIRTIO_BLK_T_WRITE_ZEROES, blk_zero },
};
/* clang-format on */

/* Cut n bytes off the front of the readable part, which has them. */
static void chain_trim_front(struct vq_chain *c, u64 n)
{
	u64 step;
	u16 i = 0;

	c->out_len -= n;
	while (n) {
		step = min_u64(n, c->iov[i].iov_len);
		c->iov[i].iov_base = (u8 *)c->iov[i].iov_base + step;
		c->iov[i].iov_len -= step;
		n -= step;
		i = (u16)(i + (c->iov[i].iov_len == 0));
	}
	c->out = (u16)(c->out - i);
	memmove(c->iov, c->iov + i,
		(size_t)(c->out + c->in) * sizeof(c->iov[0]));
}

/* Cut the last byte, which exists, off the writable part. */
static u8 *chain_trim_status(struct vq_chain *c)
{
	struct iovec *last = &c->iov[c->out + c->in - 1];

	c->in_len--;
	last->iov_len--;
	c->in = (u16)(c->in - (last->iov_len == 0));
	return (u8 *)last->iov_base + last->iov_len;
}

/* 5.2.6: header, data, one byte of status; any way of cutting it up. */
static void blk_request(struct blk *d, struct blk_req *r)
{
	struct virtio_blk_outhdr h;
	int status = VIRTIO_BLK_S_UNSUPP;
	size_t i;

	if (vq_chain_read(&r->chain, 0, &h, sizeof(h)) != sizeof(h) ||
	    !r->chain.in_len) {
		virtio_break(d->vd, "request without header or status");
		return;
	}
	r->status = chain_trim_status(&r->chain);
	chain_trim_front(&r->chain, sizeof(h));
	r->filled = 0;
	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (kinds[i].type == h.type)
			status = kinds[i].start(r, h.sector);
	d->free = r->next;
	d->in_flight++;
	if (status == BLK_PENDING)
		block_submit(&d->disk, &r->io);
	else
		blk_finish(r, status);
}

static void blk_notify(struct virtio_dev *vd, u16 queue)
{
	struct blk *d = vd->priv;
	int n;

	for (n = 0; n < QUEUE_SIZE && d->free; n++) {
		if (!virtio_pop(vd, queue, &d->free->chain))
			break;
		blk_request(d, d->free);
	}
	block_commit(&d->disk);
	if (n == QUEUE_SIZE)
		virtio_again(vd, queue);
}

/* The lock is free while waiting, so that requests can end. */
static void blk_reset(struct virtio_dev *vd)
{
	struct blk *d = vd->priv;

	while (d->in_flight)
		pthread_cond_wait(&d->idle, &vd->lock);
	vd->config[offsetof(struct virtio_blk_config, wce)] =
		(vd->offered & BIT64(VIRTIO_BLK_F_CONFIG_WCE)) != 0;
}

static void blk_stop(struct virtio_dev *vd)
{
	event_loop_stop(&((struct blk *)vd->priv)->loop);
}

static void blk_free(struct blk *d)
{
	block_close(&d->disk);
	event_loop_free(&d->loop);
	pthread_cond_destroy(&d->idle);
	free(d);
}

static void blk_destroy(struct virtio_dev *vd)
{
	blk_free(vd->priv);
}

static const struct virtio_ops blk_ops = {
	.name = "virtio-blk",
	.notify = blk_notify,
	.reset = blk_reset,
	.stop = blk_stop,
	.destroy = blk_destroy,
};

static int set_path(void *settings, char *value, struct dm_error *err)
{
	struct blk_settings *s = settings;

	if (s->path)
		return dm_fail(err, -EINVAL,
			       "'%s' is no option of it, and"
			       " the path is %s already",
			       value, s->path);
	s->path = value;
	return 0;
}

static int set_read_only(void *settings, char *value, struct dm_error *err)
{
	(void)value;
	(void)err;
	((struct blk_settings *)settings)->read_only = true;
	return 0;
}

static int set_discard(void *settings, char *value, struct dm_error *err)
{
	(void)value;
	(void)err;
	((struct blk_settings *)settings)->discard = true;
	return 0;
}

static int set_serial(void *settings, char *value, struct dm_error *err)
{
	if (strlen(value) > VIRTIO_BLK_ID_BYTES)
		return dm_fail(err, -EINVAL, "serial=%s: at most %d characters",
			       value, VIRTIO_BLK_ID_BYTES);
	((struct blk_settings *)settings)->serial = value;
	return 0;
}

static int set_write_through(void *settings, char *value, struct dm_error *err)
{
	(void)value;
	(void)err;
	((struct blk_settings *)settings)->write_through = true;
	return 0;
}

static int set_write_back(void *settings, char *value, struct dm_error *err)
{
	(void)value;
	(void)err;
	((struct blk_settings *)settings)->write_through = false;
	return 0;
}

static int set_aio(void *settings, char *value, struct dm_error *err)
{
	struct blk_settings *s = settings;

	if (strcmp(value, "threads") && strcmp(value, "io_uring"))
		return dm_fail(err, -EINVAL,
			       "aio=%s: must be threads or io_uring", value);
	s->aio = value[0] == 't' ? BLOCK_AIO_THREADS : BLOCK_AIO_URING;
	return 0;
}

/* clang-format off */
static const struct pci_opt options[] = {
	{ NULL, "PATH", set_path, "the raw file or block device" },
	{ "ro", NULL, set_read_only, "the guest cannot write" },
	{ "discard", NULL, set_discard, "the guest may give space back" },
	{ "serial", "TEXT", set_serial, "serial number, up to 20 characters" },
	{ "writeback", NULL, set_write_back,
	  "writes are durable after a flush (default)" },
	{ "writethru", NULL, set_write_through, "every write is durable" },
	{ "aio", "threads|io_uring", set_aio,
	  "how to reach the disk (default: io_uring if it works)" },
};
/* clang-format on */
const struct pci_opts virtio_blk_opts = { options, ARRAY_SIZE(options) };

static u64 blk_features(const struct blk *d, const struct blk_settings *s)
{
	u64 f = BIT64(VIRTIO_BLK_F_SEG_MAX) | BIT64(VIRTIO_BLK_F_BLK_SIZE);

	if (s->read_only)
		return f | BIT64(VIRTIO_BLK_F_RO);
	if (!s->write_through)
		f |= BIT64(VIRTIO_BLK_F_FLUSH) | BIT64(VIRTIO_BLK_F_CONFIG_WCE);
	if (s->discard || d->disk.is_device)
		f |= BIT64(VIRTIO_BLK_F_WRITE_ZEROES);
	return f | (s->discard ? BIT64(VIRTIO_BLK_F_DISCARD) : 0);
}

static void blk_config(struct virtio_dev *vd, const struct blk *d)
{
	const struct virtio_blk_config c = {
		.capacity = d->disk.size / BLOCK_SECTOR,
		.seg_max = SEG_MAX,
		.blk_size = BLOCK_SECTOR,
		.wce = (vd->offered & BIT64(VIRTIO_BLK_F_CONFIG_WCE)) != 0,
		.max_discard_sectors = RANGE_SECTORS_MAX,
		.max_discard_seg = 1,
		.discard_sector_alignment = 1,
		.max_write_zeroes_sectors = RANGE_SECTORS_MAX,
		.max_write_zeroes_seg = 1,
		.write_zeroes_may_unmap = 1,
	};

	virtio_config_set(vd, 0, &c, sizeof(c));
	vd->config_writable[offsetof(struct virtio_blk_config, wce)] = c.wce;
}

static void blk_setup(struct blk *d, const struct pci_dev *pci,
		      const struct blk_settings *s)
{
	char id[VIRTIO_BLK_ID_BYTES + 1];
	u32 i;

	pthread_cond_init(&d->idle, NULL);
	snprintf(id, sizeof(id), "holm-%u-%u", pci->slot, pci->func);
	/* Padded with zeros, and without one when it fills the field. */
	memset(d->serial, 0, sizeof(d->serial));
	memcpy(d->serial, s->serial ? s->serial : id,
	       strlen(s->serial ? s->serial : id));
	for (i = 0; i < QUEUE_SIZE; i++) {
		d->req[i].disk = d;
		d->req[i].next = d->free;
		d->free = &d->req[i];
	}
}

/* Disk and loop exist: make the device and start its thread. */
static int blk_attach(struct blk *d, struct pci_dev *pci,
		      const struct blk_settings *s, struct dm_error *err)
{
	const struct virtio_setup setup = {
		.ops = &blk_ops,
		.priv = d,
		.loop = &d->loop,
		.features = blk_features(d, s),
		.queue_count = 1,
		.queue_size = QUEUE_SIZE,
		.config_len = sizeof(struct virtio_blk_config),
	};
	int rc;

	blk_setup(d, pci, s);
	rc = virtio_init(pci, &setup, &d->vd);
	if (rc) {
		blk_free(d);
		return dm_fail(err, rc, "virtio-blk: %s", strerror(-rc));
	}
	blk_config(d->vd, d);
	rc = event_loop_start(&d->loop);
	return rc ? dm_fail(err, rc, "virtio-blk: no thread: %s", strerror(-rc))
		  : 0;
}

static int blk_open(struct pci_dev *pci, const struct blk_settings *s,
		    struct dm_error *err)
{
	const struct block_config c = { s->path, s->read_only, s->aio };
	struct blk *d = calloc(1, sizeof(*d));
	int rc;

	if (!d)
		return dm_fail(err, -ENOMEM, "no memory for virtio-blk");
	rc = event_loop_init(&d->loop);
	if (rc) {
		free(d);
		return dm_fail(err, rc, "no event loop: %s", strerror(-rc));
	}
	rc = block_open(&d->disk, &c, &d->loop, err);
	if (!rc)
		return blk_attach(d, pci, s, err);
	event_loop_free(&d->loop);
	free(d);
	return rc;
}

int virtio_blk_init(struct pci_dev *pci, const char *opts, struct dm_error *err)
{
	struct blk_settings s = { 0 };
	char *text;
	int rc;

	if (!opts)
		return dm_fail(err, -EINVAL, "no path given");
	text = strdup(opts);
	if (!text)
		return dm_fail(err, -ENOMEM, "no memory for virtio-blk");
	rc = pci_opts_parse(&virtio_blk_opts, text, &s, err);
	if (!rc && !s.path)
		rc = dm_fail(err, -EINVAL, "no path given");
	if (!rc)
		rc = blk_open(pci, &s, err);
	free(text);
	return rc;
}
