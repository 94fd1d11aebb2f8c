/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The bytes of a console device. Input waits in the backend until the guest
 * has a buffer for it; output that the backend does not take stays in the
 * guest's buffer, which is given back when all of it is through.
 */
#include "virtio/virtio_console.h"

#include <errno.h>
#include <linux/virtio_console.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK 1024U
/* Bytes and buffers of a turn: other devices wait for the same thread. */
#define TURN_BYTES  65536U
#define TURN_CHAINS 64

/* 5.3.2: the control queues stand between port 0 and the others. */
u16 port_rx_queue(const struct port *p)
{
	return (u16)(p->id ? 2 + 2 * p->id : 0);
}

u16 port_tx_queue(const struct port *p)
{
	return (u16)(port_rx_queue(p) + 1);
}

static struct port *port_of_queue(struct vcon *vc, u16 queue)
{
	return &vc->port[queue < 2 ? 0 : (queue - 2) / 2];
}

/* As much of the chain as the backend takes; false: not all of it. */
static bool port_put(struct port *p, u64 *budget)
{
	u8 bytes[CHUNK];
	u64 n, taken;

	for (;;) {
		n = vq_chain_read(&p->tx, p->tx_at, bytes,
				  min_u64(sizeof(bytes), *budget));
		if (!n)
			return p->tx_at == p->tx.out_len;
		taken = console_put_some(&p->backend, bytes, n);
		p->tx_at += taken;
		*budget -= taken;
		if (taken < n)
			return false;
	}
}

static void port_transmit(struct port *p)
{
	struct virtio_dev *vd = p->vc->vd;
	const u16 queue = port_tx_queue(p);
	u64 budget = TURN_BYTES;
	int n;

	for (n = 0; n < TURN_CHAINS; n++) {
		if (!p->tx_held && !virtio_pop(vd, queue, &p->tx))
			break;
		if (!p->tx_held)
			p->tx_at = 0;
		p->tx_held = !port_put(p, &budget);
		if (p->tx_held)
			break;
		virtio_push(vd, queue, p->tx.head, 0);
	}
	virtio_signal(vd, queue);
	/* Stopped by neither an empty queue nor a full backend. */
	if (n == TURN_CHAINS || (p->tx_held && !budget))
		virtio_again(vd, queue);
}

static void on_drained(void *arg)
{
	struct port *p = arg;
	struct virtio_dev *vd = p->vc->vd;

	pthread_mutex_lock(&vd->lock);
	if (virtio_live(vd))
		port_transmit(p);
	pthread_mutex_unlock(&vd->lock);
}

static size_t port_room(struct port *p)
{
	struct virtio_dev *vd = p->vc->vd;

	if (!virtio_live(vd) || !p->guest_open)
		return 0;
	if (!p->rx_held)
		p->rx_held = virtio_pop(vd, port_rx_queue(p), &p->rx);
	if (p->rx_held && !p->rx.in_len) {
		virtio_break(vd, "receive buffer that is not writable");
		return 0;
	}
	return p->rx_held ? p->rx.in_len : 0;
}

static size_t on_room(void *arg)
{
	struct port *p = arg;
	size_t n;

	pthread_mutex_lock(&p->vc->vd->lock);
	n = port_room(p);
	pthread_mutex_unlock(&p->vc->vd->lock);
	return n;
}

/* If the guest was reset since it had room, nobody is left to read this. */
static void on_receive(void *arg, const u8 *bytes, size_t n)
{
	struct port *p = arg;
	struct virtio_dev *vd = p->vc->vd;
	const u16 queue = port_rx_queue(p);
	u64 len;

	pthread_mutex_lock(&vd->lock);
	if (p->rx_held) {
		len = vq_chain_write(&p->rx, 0, bytes, n);
		p->rx_held = false;
		virtio_push(vd, queue, p->rx.head, (u32)len);
		virtio_signal(vd, queue);
	}
	pthread_mutex_unlock(&vd->lock);
}

void port_set_open(struct port *p, bool open)
{
	p->guest_open = open;
	if (open)
		console_resume(&p->backend);
}

static void vcon_notify(struct virtio_dev *vd, u16 queue)
{
	struct vcon *vc = vd->priv;

	if (queue == CONTROL_RX)
		control_send(vc);
	else if (queue == CONTROL_TX)
		control_receive(vc);
	else if (queue % 2 == 0)
		console_resume(&port_of_queue(vc, queue)->backend);
	else
		port_transmit(port_of_queue(vc, queue));
}

/* Without the control queues there is one port, and it is open. 5.3.5 */
static void vcon_ready(struct virtio_dev *vd)
{
	struct vcon *vc = vd->priv;

	if (!virtio_has(vd, VIRTIO_CONSOLE_F_MULTIPORT))
		port_set_open(&vc->port[0], true);
}

static void vcon_reset(struct virtio_dev *vd)
{
	struct vcon *vc = vd->priv;
	u32 i;

	for (i = 0; i < vc->count; i++) {
		vc->port[i].guest_open = false;
		vc->port[i].pending = 0;
		vc->port[i].tx_held = false;
		vc->port[i].rx_held = false;
	}
}

/* Emergency write: a byte of a guest that has no queues yet; 5.3.4. */
static void vcon_config_written(struct virtio_dev *vd, u32 off, u32 size)
{
	const u32 at = offsetof(struct virtio_console_config, emerg_wr);
	struct vcon *vc = vd->priv;

	(void)size;
	if (off == at)
		console_put_some(&vc->port[0].backend, &vd->config[at], 1);
}

static void vcon_destroy(struct virtio_dev *vd)
{
	struct vcon *vc = vd->priv;
	u32 i;

	for (i = 0; i < vc->count; i++)
		if (vc->port[i].has_backend)
			console_close(&vc->port[i].backend);
	free(vc);
}

static const struct virtio_ops vcon_ops = {
	.name = "virtio-console",
	.notify = vcon_notify,
	.ready = vcon_ready,
	.reset = vcon_reset,
	.config_written = vcon_config_written,
	.destroy = vcon_destroy,
};

static int vcon_open_ports(struct vcon *vc, const struct vcon_settings *s,
			   struct dm_error *err)
{
	struct event_loop *loop = vc->vd->loop;
	struct port *p;
	u32 i;
	int rc;

	for (i = 0; i < s->count; i++) {
		const struct console_owner owner = { on_room, on_receive,
						     on_drained, &vc->port[i] };
		struct console_config cfg = s->port[i].backend;

		p = &vc->port[i];
		cfg.name = p->name;
		rc = console_open(&p->backend, &cfg, loop, &owner, err);
		if (rc)
			return rc;
		p->has_backend = true;
	}
	return 0;
}

static struct vcon *vcon_alloc(const struct vcon_settings *s)
{
	struct vcon *vc =
		calloc(1, sizeof(*vc) + s->count * sizeof(vc->port[0]));
	u32 i;

	if (!vc)
		return NULL;
	vc->count = s->count;
	for (i = 0; i < s->count; i++) {
		vc->port[i].vc = vc;
		vc->port[i].id = (u16)i;
		vc->port[i].is_console = s->port[i].is_console;
		memcpy(vc->port[i].name, s->port[i].name,
		       sizeof(vc->port[i].name));
	}
	return vc;
}

int virtio_console_create(struct pci_dev *pci, const struct vcon_settings *s,
			  struct dm_error *err)
{
	const struct virtio_console_config config = { .max_nr_ports =
							      s->count };
	struct virtio_setup setup = {
		.ops = &vcon_ops,
		.priv = vcon_alloc(s),
		.loop = pci->bus->loop,
		.features = BIT64(VIRTIO_CONSOLE_F_MULTIPORT) |
			    BIT64(VIRTIO_CONSOLE_F_EMERG_WRITE),
		.queue_count = (u16)(2 + 2 * s->count),
		.queue_size = 64,
		.config_len = sizeof(config),
	};
	struct vcon *vc = setup.priv;
	int rc;

	if (!vc)
		return dm_fail(err, -ENOMEM, "no memory for virtio-console");
	rc = virtio_init(pci, &setup, &vc->vd);
	if (rc) {
		free(vc);
		return dm_fail(err, rc, "%s", strerror(-rc));
	}
	virtio_config_set(vc->vd, 0, &config, sizeof(config));
	memset(vc->vd->config_writable +
		       offsetof(struct virtio_console_config, emerg_wr),
	       0xff, sizeof(config.emerg_wr));
	return vcon_open_ports(vc, s, err);
}
