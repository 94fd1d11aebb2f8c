/* SPDX-License-Identifier: BSD-2-Clause */
/* The PCI function: capabilities, the BAR, interrupts. VIRTIO 1.2, 4.1. */
#include "virtio/virtio.h"

#include <errno.h>
#include <linux/virtio_pci.h>
#include <stdlib.h>

/* The BAR's map. */
#define COMMON_OFF 0x0000U
#define ISR_OFF    0x1000U
#define DEVICE_OFF 0x2000U
#define MSIX_OFF   0x4000U
#define PBA_OFF    0x5000U
#define BAR_SIZE   0x8000U
static_assert(VIRTIO_NOTIFY_OFF + VIRTIO_NOTIFY_STEP * VIRTIO_QUEUES_MAX <=
		      MSIX_OFF,
	      "notification registers end before the MSI-X table");
static_assert((VIRTIO_QUEUES_MAX + 1) * 16 <= PBA_OFF - MSIX_OFF,
	      "the MSI-X table ends before its pending bits");

#define CAP_VENDOR 0x09 /* PCI 3.0, appendix H */

struct window {
	u32 off;
	u32 len;
	u8 type; /* VIRTIO_PCI_CAP_... */
	u64 (*read)(struct virtio_dev *vd, u64 off, u32 size);
	void (*write)(struct virtio_dev *vd, u64 off, u32 size, u64 val);
};

void virtio_isr_raise(struct virtio_dev *vd, u8 bit)
{
	vd->isr |= bit;
	pci_intx_set(vd->pci, true);
}

/* Reading acknowledges and lowers the line; 4.1.4.5. */
static u64 isr_read(struct virtio_dev *vd, u64 off, u32 size)
{
	u8 isr = vd->isr;

	(void)size;
	if (off)
		return 0;
	vd->isr = 0;
	pci_intx_set(vd->pci, false);
	return isr;
}

static u64 config_read(struct virtio_dev *vd, u64 off, u32 size)
{
	u64 val = 0;
	u32 i;

	for (i = 0; i < size && off + i < vd->config_len; i++)
		val |= (u64)vd->config[off + i] << (8 * i);
	return val;
}

static void config_write(struct virtio_dev *vd, u64 off, u32 size, u64 val)
{
	u8 mask;
	u32 i;

	for (i = 0; i < size && off + i < vd->config_len; i++) {
		mask = vd->config_writable[off + i];
		vd->config[off + i] = (u8)((vd->config[off + i] & ~mask) |
					   ((u8)(val >> (8 * i)) & mask));
	}
	if (off < vd->config_len && vd->ops->config_written)
		vd->ops->config_written(vd, (u32)off, size);
}

/* Which register was written says it all, not what was written. */
static void notify_write(struct virtio_dev *vd, u64 off, u32 size, u64 val)
{
	u64 queue = off / VIRTIO_NOTIFY_STEP;

	(void)size;
	(void)val;
	if (off % VIRTIO_NOTIFY_STEP == 0 && queue < vd->queue_count)
		virtio_again(vd, (u16)queue);
}

/* clang-format off */
static const struct window windows[] = {
	{ COMMON_OFF, 0x1000, VIRTIO_PCI_CAP_COMMON_CFG,
	  virtio_common_read, virtio_common_write },
	{ ISR_OFF, 0x1000, VIRTIO_PCI_CAP_ISR_CFG, isr_read, NULL },
	{ DEVICE_OFF, 0x1000, VIRTIO_PCI_CAP_DEVICE_CFG,
	  config_read, config_write },
	{ VIRTIO_NOTIFY_OFF, VIRTIO_NOTIFY_STEP * VIRTIO_QUEUES_MAX,
	  VIRTIO_PCI_CAP_NOTIFY_CFG, NULL, notify_write },
};
/* clang-format on */

static const struct window *window_find(u64 off, u32 size)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(windows); i++)
		if (off >= windows[i].off &&
		    off - windows[i].off + size <= windows[i].len)
			return &windows[i];
	return NULL;
}

static u64 bar_read(void *dev, u64 off, u32 size)
{
	struct virtio_dev *vd = dev;
	const struct window *w;
	u64 val;

	if (pci_msix_owns(vd->pci, off))
		return pci_msix_read(vd->pci, off, size);
	w = window_find(off, size);
	if (!w || !w->read)
		return 0;
	pthread_mutex_lock(&vd->lock);
	val = w->read(vd, off - w->off, size);
	pthread_mutex_unlock(&vd->lock);
	return val;
}

static void bar_write(void *dev, u64 off, u32 size, u64 val)
{
	struct virtio_dev *vd = dev;
	const struct window *w;

	if (pci_msix_owns(vd->pci, off)) {
		pci_msix_write(vd->pci, off, size, val);
		return;
	}
	w = window_find(off, size);
	if (!w || !w->write)
		return;
	pthread_mutex_lock(&vd->lock);
	w->write(vd, off - w->off, size, val);
	pthread_mutex_unlock(&vd->lock);
}

static const struct bus_ops bar_ops = { bar_read, bar_write };

/* What the guest asks of the BAR by configuration space; 4.1.4.9. */
struct access {
	u32 off;
	u32 size;
};

static bool access_get(const struct virtio_dev *vd, struct access *a)
{
	const u32 cap = vd->pci_access;

	a->off = pci_get(vd->pci, cap + VIRTIO_PCI_CAP_OFFSET, 4);
	a->size = pci_get(vd->pci, cap + VIRTIO_PCI_CAP_LENGTH, 4);
	return (a->size == 1 || a->size == 2 || a->size == 4) &&
	       a->off % a->size == 0 && a->off < BAR_SIZE &&
	       pci_get(vd->pci, cap + VIRTIO_PCI_CAP_BAR, 1) == VIRTIO_BAR;
}

static u32 access_data(const struct virtio_dev *vd)
{
	return vd->pci_access +
	       (u32)offsetof(struct virtio_pci_cfg_cap, pci_cfg_data);
}

static void on_cfg_reading(struct pci_dev *pci, u32 off, u32 size)
{
	struct virtio_dev *vd = pci->priv;
	struct access a;

	if (off == access_data(vd) && access_get(vd, &a) && size >= a.size)
		pci_put(pci, off, a.size, (u32)bar_read(vd, a.off, a.size));
}

/* The BAR may have moved, too. */
static void on_cfg_written(struct pci_dev *pci, u32 off, u32 size)
{
	struct virtio_dev *vd = pci->priv;
	struct access a;

	if (off == access_data(vd) && access_get(vd, &a) && size >= a.size)
		bar_write(vd, a.off, a.size, pci_get(pci, off, a.size));
	if (off >= PCI_BAR0 + 4 * PCI_BARS)
		return;
	pthread_mutex_lock(&vd->lock);
	virtio_wire_kicks(vd);
	pthread_mutex_unlock(&vd->lock);
}

static void on_reset(struct pci_dev *pci)
{
	struct virtio_dev *vd = pci->priv;

	pthread_mutex_lock(&vd->lock);
	virtio_reset(vd);
	pthread_mutex_unlock(&vd->lock);
}

static void on_destroy(struct pci_dev *pci)
{
	struct virtio_dev *vd = pci->priv;

	on_reset(pci);
	if (vd->ops->stop)
		vd->ops->stop(vd);
	virtio_kicks_free(vd);
	if (vd->ops->destroy)
		vd->ops->destroy(vd);
	pthread_mutex_destroy(&vd->lock);
	free(vd->queue);
	free(vd);
}

static const struct pci_dev_ops pci_ops = {
	.reset = on_reset,
	.destroy = on_destroy,
	.cfg_reading = on_cfg_reading,
	.cfg_written = on_cfg_written,
};

/* A structure's place; extra bytes follow the common part. */
static u8 add_cap(struct pci_dev *pci, const struct window *w, u8 extra)
{
	u8 len = (u8)(sizeof(struct virtio_pci_cap) + extra);
	u8 cap = pci_cap_add(pci, CAP_VENDOR, len);

	if (!cap)
		return 0;
	pci_put(pci, cap + VIRTIO_PCI_CAP_LEN, 1, len);
	pci_put(pci, cap + VIRTIO_PCI_CAP_CFG_TYPE, 1, w->type);
	pci_put(pci, cap + VIRTIO_PCI_CAP_BAR, 1, VIRTIO_BAR);
	pci_put(pci, cap + VIRTIO_PCI_CAP_OFFSET, 4, w->off);
	pci_put(pci, cap + VIRTIO_PCI_CAP_LENGTH, 4, w->len);
	return cap;
}

static int add_caps(struct virtio_dev *vd)
{
	static const struct window by_cfg = { .type = VIRTIO_PCI_CAP_PCI_CFG };
	struct pci_dev *pci = vd->pci;
	size_t i;
	u8 cap;

	for (i = 0; i < ARRAY_SIZE(windows); i++) {
		bool notify = windows[i].type == VIRTIO_PCI_CAP_NOTIFY_CFG;

		cap = add_cap(pci, &windows[i], notify ? 4 : 0);
		if (!cap)
			return -ENOSPC;
		if (notify)
			pci_put(pci, cap + VIRTIO_PCI_NOTIFY_CAP_MULT, 4,
				VIRTIO_NOTIFY_STEP);
	}
	vd->pci_access = add_cap(pci, &by_cfg, 4);
	if (!vd->pci_access)
		return -ENOSPC;
	cap = vd->pci_access;
	pci_set_writable(pci, cap + VIRTIO_PCI_CAP_BAR, 1, 0xff);
	pci_set_writable(pci, cap + VIRTIO_PCI_CAP_OFFSET, 4, 0xffffffff);
	pci_set_writable(pci, cap + VIRTIO_PCI_CAP_LENGTH, 4, 0xffffffff);
	pci_set_writable(pci, access_data(vd), 4, 0xffffffff);
	return 0;
}

static int function_init(struct virtio_dev *vd)
{
	const struct pci_bar bar = { .kind = PCI_BAR_MEM32,
				     .size = BAR_SIZE,
				     .name = vd->ops->name,
				     .ops = &bar_ops,
				     .dev = vd };
	struct pci_dev *pci = vd->pci;
	int rc;

	pci_put(pci, PCI_SUBVENDOR, 2, VIRTIO_VENDOR);
	pci_put(pci, PCI_SUBDEVICE, 2, pci_get(pci, PCI_DEVICE, 2));
	rc = pci_bar_add(pci, VIRTIO_BAR, &bar);
	if (rc)
		return rc;
	pci_intx_init(pci);
	rc = pci_msix_init(pci, VIRTIO_BAR, vd->queue_count + 1U, MSIX_OFF,
			   PBA_OFF);
	return rc ? rc : add_caps(vd);
}

static struct virtio_dev *virtio_alloc(struct pci_dev *pci,
				       const struct virtio_setup *setup)
{
	struct virtio_dev *vd = calloc(1, sizeof(*vd));
	u16 i;

	if (!vd)
		return NULL;
	vd->queue = calloc(setup->queue_count, sizeof(*vd->queue));
	if (!vd->queue) {
		free(vd);
		return NULL;
	}
	vd->ops = setup->ops;
	vd->pci = pci;
	vd->priv = setup->priv;
	vd->loop = setup->loop;
	vd->offered = setup->features | BIT64(VIRTIO_F_VERSION_1) |
		      BIT64(VIRTIO_RING_F_INDIRECT_DESC) |
		      BIT64(VIRTIO_RING_F_EVENT_IDX);
	vd->queue_count = setup->queue_count;
	vd->config_len = setup->config_len;
	pthread_mutex_init(&vd->lock, NULL);
	for (i = 0; i < vd->queue_count; i++) {
		vd->queue[i].vd = vd;
		vd->queue[i].index = i;
		vd->queue[i].vq.mem = pci->bus->mem;
		vd->queue[i].vq.max_size = setup->queue_size;
	}
	return vd;
}

int virtio_init(struct pci_dev *pci, const struct virtio_setup *setup,
		struct virtio_dev **out)
{
	struct virtio_dev *vd = virtio_alloc(pci, setup);
	int rc;

	if (!vd)
		return -ENOMEM;
	rc = function_init(vd);
	if (!rc)
		rc = virtio_kicks_init(vd);
	if (rc) {
		virtio_kicks_free(vd);
		pthread_mutex_destroy(&vd->lock);
		free(vd->queue);
		free(vd);
		return rc;
	}
	virtio_reset(vd);
	pci->priv = vd;
	pci->ops = &pci_ops;
	*out = vd;
	return 0;
}
