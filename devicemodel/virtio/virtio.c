/* SPDX-License-Identifier: BSD-2-Clause */
/* What devices ask of the framework: chains, signals, state. */
#include "virtio/virtio.h"

#include <string.h>

#define ISR_QUEUE  BIT(0)
#define ISR_CONFIG BIT(1)

/* A guest must not be able to fill the log. */
#define COMPLAINTS_MAX 10

bool virtio_has(const struct virtio_dev *vd, u32 feature)
{
	return vd->wanted & BIT64(feature);
}

bool virtio_live(const struct virtio_dev *vd)
{
	return (vd->status &
		(VIRTIO_CONFIG_S_DRIVER_OK | VIRTIO_CONFIG_S_NEEDS_RESET)) ==
	       VIRTIO_CONFIG_S_DRIVER_OK;
}

void virtio_config_signal(struct virtio_dev *vd)
{
	if (!(vd->status & VIRTIO_CONFIG_S_DRIVER_OK))
		return;
	if (pci_msix_enabled(vd->pci))
		pci_msix_notify(vd->pci, vd->config_vector);
	else
		virtio_isr_raise(vd, ISR_CONFIG);
}

void virtio_break(struct virtio_dev *vd, const char *rule)
{
	if (vd->status & VIRTIO_CONFIG_S_NEEDS_RESET)
		return;
	if (vd->complaints < COMPLAINTS_MAX) {
		vd->complaints++;
		dm_msg("%s at %u:%u: the guest broke a rule: %s", vd->ops->name,
		       vd->pci->slot, vd->pci->func, rule);
	}
	vd->status |= VIRTIO_CONFIG_S_NEEDS_RESET;
	virtio_wire_kicks(vd);
	virtio_config_signal(vd);
}

int virtio_pop(struct virtio_dev *vd, u16 queue, struct vq_chain *chain)
{
	struct virtqueue *vq = &vd->queue[queue].vq;
	int rc;

	if (!virtio_live(vd))
		return 0;
	rc = vq_pop(vq, chain);
	if (rc < 0)
		virtio_break(vd, vq->broken);
	return rc > 0;
}

void virtio_push(struct virtio_dev *vd, u16 queue, u16 head, u32 len)
{
	if (virtio_live(vd))
		vq_push(&vd->queue[queue].vq, head, len);
}

void virtio_signal(struct virtio_dev *vd, u16 queue)
{
	struct virtio_queue *q = &vd->queue[queue];

	if (!virtio_live(vd) || !vq_wants_signal(&q->vq))
		return;
	if (pci_msix_enabled(vd->pci))
		pci_msix_notify(vd->pci, q->vector);
	else
		virtio_isr_raise(vd, ISR_QUEUE);
}

void virtio_config_set(struct virtio_dev *vd, u32 off, const void *from,
		       u32 len)
{
	memcpy(vd->config + off, from, len);
	vd->generation++;
	virtio_config_signal(vd);
}

void virtio_reset(struct virtio_dev *vd)
{
	bool used = vd->status != 0;
	u16 i;

	/* From here on no queue is served. */
	vd->status = 0;
	if (used && vd->ops->reset)
		vd->ops->reset(vd);
	for (i = 0; i < vd->queue_count; i++) {
		vq_reset(&vd->queue[i].vq);
		vd->queue[i].vector = VIRTIO_NO_VECTOR;
	}
	virtio_wire_kicks(vd);
	vd->config_vector = VIRTIO_NO_VECTOR;
	vd->wanted = 0;
	vd->device_select = 0;
	vd->driver_select = 0;
	vd->queue_select = 0;
	vd->isr = 0;
	pci_intx_set(vd->pci, false);
}
