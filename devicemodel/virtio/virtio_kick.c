/* SPDX-License-Identifier: BSD-2-Clause */
/* Kicks: from the notification registers, or the kernel, to the queues. */
#include "virtio/virtio.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

static void on_kick(void *arg, u32 events)
{
	struct virtio_queue *q = arg;
	struct virtio_dev *vd = q->vd;
	u64 count;

	(void)events;
	if (read(q->kick.fd, &count, sizeof(count)) != sizeof(count))
		return;
	pthread_mutex_lock(&vd->lock);
	if (virtio_live(vd) && q->vq.enabled)
		vd->ops->notify(vd, q->index);
	pthread_mutex_unlock(&vd->lock);
}

void virtio_again(struct virtio_dev *vd, u16 queue)
{
	const u64 one = 1;

	/* EAGAIN: 2^64 kicks are waiting, which is as good as one more. */
	while (write(vd->queue[queue].kick.fd, &one, sizeof(one)) < 0 &&
	       errno == EINTR)
		;
}

int virtio_kicks_init(struct virtio_dev *vd)
{
	struct virtio_queue *q;
	u16 i;
	int rc;

	for (i = 0; i < vd->queue_count; i++) {
		q = &vd->queue[i];
		q->kick = (struct event_source){ on_kick, q, -1, false };
		q->kick.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		if (q->kick.fd < 0)
			return -errno;
		rc = event_add(vd->loop, &q->kick, EPOLLIN);
		if (rc) {
			close(q->kick.fd);
			return rc;
		}
		q->kick_added = true;
	}
	return 0;
}

void virtio_kicks_free(struct virtio_dev *vd)
{
	u16 i;

	for (i = 0; i < vd->queue_count; i++) {
		if (!vd->queue[i].kick_added)
			continue;
		event_remove(vd->loop, &vd->queue[i].kick);
		close(vd->queue[i].kick.fd);
	}
}

static int kick_ioctl(const struct virtio_queue *q, u64 at, u32 flags)
{
	struct vmm *vmm = q->vd->pci->bus->vmm;
	const struct acrn_ioeventfd args = {
		.fd = (u32)q->kick.fd,
		.flags = flags,
		.addr = at,
		.len = VIRTIO_NOTIFY_STEP,
	};

	return vmm->ops->ioeventfd ? vmm->ops->ioeventfd(vmm, &args) : -ENOTTY;
}

/*
 * Where in the guest's memory the queue is kicked. Only a live device is
 * kicked, and only the thread that moves BARs makes one live; so another that
 * comes here, to break the device, does not look at the BAR.
 */
static bool wants_wire(const struct virtio_queue *q, u64 *at)
{
	const struct pci_bar *bar = &q->vd->pci->bar[VIRTIO_BAR];

	if (!virtio_live(q->vd) || !q->vq.enabled || !bar->mapped)
		return false;
	*at = bar->mapped_at + VIRTIO_NOTIFY_OFF +
	      (u64)VIRTIO_NOTIFY_STEP * q->index;
	return true;
}

/*
 * Without the kernel's help a kick is a write to the BAR like any other:
 * so failing here costs speed and nothing else.
 */
static void wire_one(struct virtio_queue *q)
{
	u64 at = 0;
	bool want = wants_wire(q, &at);

	if (q->wired && (!want || q->wired_at != at)) {
		kick_ioctl(q, q->wired_at, ACRN_IOEVENTFD_FLAG_DEASSIGN);
		q->wired = false;
	}
	if (!want || q->wired)
		return;
	q->wired = !kick_ioctl(q, at, 0);
	q->wired_at = at;
}

void virtio_wire_kicks(struct virtio_dev *vd)
{
	u16 i;

	for (i = 0; i < vd->queue_count; i++)
		wire_one(&vd->queue[i]);
}
