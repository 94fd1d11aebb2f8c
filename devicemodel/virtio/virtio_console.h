/* SPDX-License-Identifier: BSD-2-Clause */
/* Console device; VIRTIO 1.2, 5.3: its parts, between its files. */
#ifndef VIRTIO_VIRTIO_CONSOLE_H
#define VIRTIO_VIRTIO_CONSOLE_H

#include "backend/console.h"
#include "virtio/virtio.h"

#define PORTS_MAX     16
#define PORT_NAME_MAX 63

struct vcon;

struct port_config {
	struct console_config backend;
	bool is_console; /* the guest makes it an hvc; else a vport */
	char name[PORT_NAME_MAX + 1];
};

struct port {
	struct vcon *vc;
	u16 id;
	bool guest_open;
	u8 pending; /* messages to the guest: bits of enum port_message */
	bool is_console;
	char name[PORT_NAME_MAX + 1];
	bool has_backend;
	struct console backend;
	bool tx_held; /* tx is partly handed over, up to tx_at */
	u64 tx_at;
	bool rx_held; /* rx waits for input */
	struct vq_chain tx;
	struct vq_chain rx;
};

struct vcon {
	struct virtio_dev *vd;
	struct vq_chain control;
	u32 count;
	struct port port[];
};

/* virtio_console.c; the lock is held. */

/** Where port id's bytes come in (receive) and go out, seen by the guest. */
u16 port_rx_queue(const struct port *p);
u16 port_tx_queue(const struct port *p);

/** The guest opened or closed its end. */
void port_set_open(struct port *p, bool open);

/* virtio_console_control.c; the lock is held. */

#define CONTROL_RX 2
#define CONTROL_TX 3

/** Handle what the guest says. */
void control_receive(struct vcon *vc);

/** Send what is pending, as far as there are buffers. */
void control_send(struct vcon *vc);

struct vcon_settings {
	struct port_config port[PORTS_MAX];
	u32 count;
};

/** Make pci a console device with these ports, at least one. */
int virtio_console_create(struct pci_dev *pci, const struct vcon_settings *s,
			  struct dm_error *err);

#endif
