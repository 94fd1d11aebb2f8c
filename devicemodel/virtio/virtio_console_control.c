/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The conversation about ports; VIRTIO 1.2, 5.3.6.2. What is to be told is a
 * bit per port and message rather than a queue: telling it twice is as good
 * as once, and a guest that gives no buffers cannot make it grow.
 */
#include "virtio/virtio_console.h"

#include <linux/virtio_console.h>
#include <string.h>

#define TURN 64

/* In the order in which they are told. */
enum port_message { MSG_ADD, MSG_CONSOLE, MSG_NAME, MSG_OPEN, MSG_COUNT };

static const u16 events[MSG_COUNT] = {
	[MSG_ADD] = VIRTIO_CONSOLE_PORT_ADD,
	[MSG_CONSOLE] = VIRTIO_CONSOLE_CONSOLE_PORT,
	[MSG_NAME] = VIRTIO_CONSOLE_PORT_NAME,
	[MSG_OPEN] = VIRTIO_CONSOLE_PORT_OPEN,
};

/* False: the guest has no buffer for it now. */
static bool message_send(struct port *p, u32 msg)
{
	struct vcon *vc = p->vc;
	const struct virtio_console_control c = { .id = p->id,
						  .event = events[msg],
						  .value = 1 };
	u64 len;

	if (!virtio_pop(vc->vd, CONTROL_RX, &vc->control))
		return false;
	len = vq_chain_write(&vc->control, 0, &c, sizeof(c));
	if (msg == MSG_NAME)
		len += vq_chain_write(&vc->control, sizeof(c), p->name,
				      strlen(p->name));
	virtio_push(vc->vd, CONTROL_RX, vc->control.head, (u32)len);
	p->pending = (u8)(p->pending & ~BIT(msg));
	return true;
}

static bool port_send(struct port *p)
{
	u32 msg;

	for (msg = 0; msg < MSG_COUNT; msg++)
		if ((p->pending & BIT(msg)) && !message_send(p, msg))
			return false;
	return true;
}

void control_send(struct vcon *vc)
{
	u32 i;

	for (i = 0; i < vc->count && port_send(&vc->port[i]); i++)
		;
	virtio_signal(vc->vd, CONTROL_RX);
}

static void port_ready(struct port *p)
{
	p->pending |= BIT(MSG_NAME) | BIT(MSG_OPEN);
	if (p->is_console)
		p->pending |= BIT(MSG_CONSOLE);
}

static void message_handle(struct vcon *vc,
			   const struct virtio_console_control *c)
{
	u32 i;

	if (c->event == VIRTIO_CONSOLE_DEVICE_READY) {
		for (i = 0; c->value && i < vc->count; i++)
			vc->port[i].pending |= BIT(MSG_ADD);
		return;
	}
	if (c->id >= vc->count)
		return;
	if (c->event == VIRTIO_CONSOLE_PORT_READY && c->value)
		port_ready(&vc->port[c->id]);
	else if (c->event == VIRTIO_CONSOLE_PORT_OPEN)
		port_set_open(&vc->port[c->id], c->value);
}

void control_receive(struct vcon *vc)
{
	struct virtio_console_control c;
	int n;

	for (n = 0; n < TURN; n++) {
		if (!virtio_pop(vc->vd, CONTROL_TX, &vc->control))
			break;
		if (vq_chain_read(&vc->control, 0, &c, sizeof(c)) == sizeof(c))
			message_handle(vc, &c);
		virtio_push(vc->vd, CONTROL_TX, vc->control.head, 0);
	}
	virtio_signal(vc->vd, CONTROL_TX);
	control_send(vc);
	if (n == TURN)
		virtio_again(vc->vd, CONTROL_TX);
}
