/* SPDX-License-Identifier: BSD-2-Clause */
/* The common configuration structure and the status machine. */
#include "virtio/virtio.h"

#include <linux/virtio_pci.h>

#define S_FEATURES_OK VIRTIO_CONFIG_S_FEATURES_OK
#define S_DRIVER_OK   VIRTIO_CONFIG_S_DRIVER_OK

static struct virtio_queue *selected(const struct virtio_dev *vd)
{
	return vd->queue_select < vd->queue_count ? &vd->queue[vd->queue_select]
						  : NULL;
}

/* The queue in question if it may still be set up, else NULL. */
static struct virtqueue *configurable(const struct virtio_dev *vd)
{
	struct virtio_queue *q = selected(vd);

	return q && !q->vq.enabled ? &q->vq : NULL;
}

static u64 get_device_select(const struct virtio_dev *vd)
{
	return vd->device_select;
}

static void set_device_select(struct virtio_dev *vd, u64 val)
{
	vd->device_select = (u32)val;
}

static u64 get_device_features(const struct virtio_dev *vd)
{
	return vd->device_select < 2
		       ? (u32)(vd->offered >> (32 * vd->device_select))
		       : 0;
}

static u64 get_driver_select(const struct virtio_dev *vd)
{
	return vd->driver_select;
}

static void set_driver_select(struct virtio_dev *vd, u64 val)
{
	vd->driver_select = (u32)val;
}

static u64 get_driver_features(const struct virtio_dev *vd)
{
	return vd->driver_select < 2
		       ? (u32)(vd->wanted >> (32 * vd->driver_select))
		       : 0;
}

static void set_driver_features(struct virtio_dev *vd, u64 val)
{
	u32 shift = 32 * vd->driver_select;

	if ((vd->status & S_FEATURES_OK) || vd->driver_select > 1)
		return;
	vd->wanted &= ~(0xffffffffULL << shift);
	vd->wanted |= val << shift;
}

/* A vector the function does not have reads back as none. 4.1.5.1.2.1 */
static u16 check_vector(const struct virtio_dev *vd, u64 val)
{
	return (u16)(val < vd->pci->msix_count ? val : VIRTIO_NO_VECTOR);
}

static u64 get_config_vector(const struct virtio_dev *vd)
{
	return vd->config_vector;
}

static void set_config_vector(struct virtio_dev *vd, u64 val)
{
	vd->config_vector = check_vector(vd, val);
}

static u64 get_queue_count(const struct virtio_dev *vd)
{
	return vd->queue_count;
}

static u64 get_status(const struct virtio_dev *vd)
{
	return vd->status;
}

/* Features are a whole: either all asked for are there, or none counts. */
static bool features_acceptable(const struct virtio_dev *vd)
{
	return !(vd->wanted & ~vd->offered) &&
	       (vd->wanted & BIT64(VIRTIO_F_VERSION_1));
}

/* What was made available before counts as kicked. */
static void set_ready(struct virtio_dev *vd)
{
	u16 i;

	virtio_wire_kicks(vd);
	if (vd->ops->ready)
		vd->ops->ready(vd);
	for (i = 0; i < vd->queue_count; i++)
		virtio_again(vd, i);
}

/*
 * Bits are only ever added, short of a reset (2.1.1). FEATURES_OK stays off
 * when we cannot agree, and DRIVER_OK means nothing without it.
 */
static void set_status(struct virtio_dev *vd, u64 val)
{
	u8 before = vd->status, now = (u8)(before | val);

	if (val == 0) {
		virtio_reset(vd);
		return;
	}
	now = (u8)(now & ~(VIRTIO_CONFIG_S_NEEDS_RESET & ~before));
	if (!(before & S_FEATURES_OK) && !features_acceptable(vd))
		now = (u8)(now & ~S_FEATURES_OK);
	if (!(now & S_FEATURES_OK))
		now = (u8)(now & ~S_DRIVER_OK);
	vd->status = now;
	if ((now & ~before & S_DRIVER_OK) && virtio_live(vd))
		set_ready(vd);
}

static u64 get_generation(const struct virtio_dev *vd)
{
	return vd->generation;
}

static u64 get_queue_select(const struct virtio_dev *vd)
{
	return vd->queue_select;
}

static void set_queue_select(struct virtio_dev *vd, u64 val)
{
	vd->queue_select = (u16)val;
}

static u64 get_queue_size(const struct virtio_dev *vd)
{
	const struct virtio_queue *q = selected(vd);

	return q ? q->vq.size : 0;
}

static void set_queue_size(struct virtio_dev *vd, u64 val)
{
	struct virtqueue *vq = configurable(vd);

	if (vq)
		vq->size = (u16)val; /* judged when it is enabled */
}

static u64 get_queue_vector(const struct virtio_dev *vd)
{
	const struct virtio_queue *q = selected(vd);

	return q ? q->vector : VIRTIO_NO_VECTOR;
}

static void set_queue_vector(struct virtio_dev *vd, u64 val)
{
	struct virtio_queue *q = selected(vd);

	if (q)
		q->vector = check_vector(vd, val);
}

static u64 get_queue_enable(const struct virtio_dev *vd)
{
	const struct virtio_queue *q = selected(vd);

	return q && q->vq.enabled;
}

/* Only the driver's wish for 1 counts; a reset alone disables (4.1.4.3.2). */
static void set_queue_enable(struct virtio_dev *vd, u64 val)
{
	struct virtqueue *vq = configurable(vd);

	if (!vq || val != 1 || !(vd->status & S_FEATURES_OK) ||
	    (vd->status & VIRTIO_CONFIG_S_NEEDS_RESET))
		return;
	if (vq_enable(vq, virtio_has(vd, VIRTIO_RING_F_EVENT_IDX),
		      virtio_has(vd, VIRTIO_RING_F_INDIRECT_DESC))) {
		virtio_break(vd, vq->broken);
		return;
	}
	virtio_wire_kicks(vd);
}

static u64 get_notify_off(const struct virtio_dev *vd)
{
	return vd->queue_select;
}

static u64 get_desc(const struct virtio_dev *vd)
{
	const struct virtio_queue *q = selected(vd);

	return q ? q->vq.desc_at : 0;
}

static void set_desc(struct virtio_dev *vd, u64 val)
{
	struct virtqueue *vq = configurable(vd);

	if (vq)
		vq->desc_at = val;
}

static u64 get_avail(const struct virtio_dev *vd)
{
	const struct virtio_queue *q = selected(vd);

	return q ? q->vq.avail_at : 0;
}

static void set_avail(struct virtio_dev *vd, u64 val)
{
	struct virtqueue *vq = configurable(vd);

	if (vq)
		vq->avail_at = val;
}

static u64 get_used(const struct virtio_dev *vd)
{
	const struct virtio_queue *q = selected(vd);

	return q ? q->vq.used_at : 0;
}

static void set_used(struct virtio_dev *vd, u64 val)
{
	struct virtqueue *vq = configurable(vd);

	if (vq)
		vq->used_at = val;
}

struct common_reg {
	u32 off;
	u32 size;
	u64 (*get)(const struct virtio_dev *vd);
	void (*set)(struct virtio_dev *vd, u64 val); /* NULL: read-only */
};

/* clang-format off */
static const struct common_reg regs[] = {
	{ VIRTIO_PCI_COMMON_DFSELECT, 4, get_device_select, set_device_select },
	{ VIRTIO_PCI_COMMON_DF, 4, get_device_features, NULL },
	{ VIRTIO_PCI_COMMON_GFSELECT, 4, get_driver_select, set_driver_select },
	{ VIRTIO_PCI_COMMON_GF, 4, get_driver_features, set_driver_features },
	{ VIRTIO_PCI_COMMON_MSIX, 2, get_config_vector, set_config_vector },
	{ VIRTIO_PCI_COMMON_NUMQ, 2, get_queue_count, NULL },
	{ VIRTIO_PCI_COMMON_STATUS, 1, get_status, set_status },
	{ VIRTIO_PCI_COMMON_CFGGENERATION, 1, get_generation, NULL },
	{ VIRTIO_PCI_COMMON_Q_SELECT, 2, get_queue_select, set_queue_select },
	{ VIRTIO_PCI_COMMON_Q_SIZE, 2, get_queue_size, set_queue_size },
	{ VIRTIO_PCI_COMMON_Q_MSIX, 2, get_queue_vector, set_queue_vector },
	{ VIRTIO_PCI_COMMON_Q_ENABLE, 2, get_queue_enable, set_queue_enable },
	{ VIRTIO_PCI_COMMON_Q_NOFF, 2, get_notify_off, NULL },
	{ VIRTIO_PCI_COMMON_Q_DESCLO, 8, get_desc, set_desc },
	{ VIRTIO_PCI_COMMON_Q_AVAILLO, 8, get_avail, set_avail },
	{ VIRTIO_PCI_COMMON_Q_USEDLO, 8, get_used, set_used },
};
/* clang-format on */
static_assert(sizeof(struct virtio_pci_common_cfg) == VIRTIO_COMMON_LEN,
	      "VIRTIO 1.2, 4.1.4.3");

/*
 * 4.1.3.1: a field is accessed at its own size, an 8-byte one also by halves.
 * Anything else is no access to a field: it reads as 0, writes are dropped.
 */
static const struct common_reg *reg_find(u64 off, u32 size)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(regs); i++) {
		if (regs[i].off == off && regs[i].size == size)
			return &regs[i];
		if (regs[i].size == 8 && size == 4 &&
		    (off == regs[i].off || off == regs[i].off + 4))
			return &regs[i];
	}
	return NULL;
}

u64 virtio_common_read(struct virtio_dev *vd, u64 off, u32 size)
{
	const struct common_reg *r = reg_find(off, size);

	return r ? r->get(vd) >> (8 * (off - r->off)) & size_mask(size) : 0;
}

void virtio_common_write(struct virtio_dev *vd, u64 off, u32 size, u64 val)
{
	const struct common_reg *r = reg_find(off, size);
	u64 mask, shift;

	if (!r || !r->set)
		return;
	shift = 8 * (off - r->off);
	mask = size_mask(size) << shift;
	r->set(vd, (r->get(vd) & ~mask & size_mask(r->size)) |
			   (val << shift & mask));
}
