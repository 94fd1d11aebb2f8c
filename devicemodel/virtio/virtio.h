/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What every virtio device shares: features, status, queues, notifications,
 * on a modern PCI function. VIRTIO 1.2, 2 and 4.1.
 *
 * virtio_dev.lock covers all of a device's state, its queues and what hangs
 * on priv. The framework takes it around every call of virtio_ops; a device
 * takes it in its own threads and callbacks. Under it come the locks of the
 * PCI bus and of consoles. Nothing a device does with the lock held waits for
 * the guest.
 *
 * A kick of the guest is an event: the driver in the kernel signals the
 * queue's eventfd, or, where it cannot, the write to the notification
 * register does. Either way the queue is served by the thread of
 * virtio_dev.loop. So the thread that answers I/O requests never waits for
 * a device, except in a reset, which leaves nothing in flight.
 */
#ifndef VIRTIO_VIRTIO_H
#define VIRTIO_VIRTIO_H

#include "pci/pci.h"
#include "pci/pci_opts.h"
#include "virtio/virtqueue.h"

#include <linux/virtio_config.h>

#define VIRTIO_VENDOR     0x1af4U
#define VIRTIO_CONFIG_MAX 256U
#define VIRTIO_QUEUES_MAX 64U
#define VIRTIO_NO_VECTOR  0xffffU

struct virtio_dev;

/* A kind of device; all but notify may be NULL. */
struct virtio_ops {
	const char *name;
	/** Serve queue, which was kicked. On the thread of virtio_dev.loop. */
	void (*notify)(struct virtio_dev *vd, u16 queue);
	/** The driver is ready: DRIVER_OK was set. */
	void (*ready)(struct virtio_dev *vd);
	/** Drop what is held; return with nothing in flight. */
	void (*reset)(struct virtio_dev *vd);
	/** The guest wrote to vd->config[off, off + size), where it may. */
	void (*config_written)(struct virtio_dev *vd, u32 off, u32 size);
	/** End the thread of virtio_dev.loop if it is the device's own. */
	void (*stop)(struct virtio_dev *vd);
	/** Free priv. Without the lock; the event loops have ended. */
	void (*destroy)(struct virtio_dev *vd);
};

struct virtio_queue {
	struct virtqueue vq;
	struct virtio_dev *vd;
	u16 index;
	u16 vector;
	struct event_source kick; /* fd: eventfd */
	bool kick_added;
	bool wired; /* the driver in the kernel signals kick.fd */
	u64 wired_at;
};

struct virtio_dev {
	const struct virtio_ops *ops;
	struct pci_dev *pci;
	void *priv;
	struct event_loop *loop;
	pthread_mutex_t lock;
	u64 offered; /* feature bits */
	u64 wanted;  /* what the driver wrote */
	u8 status;
	u8 generation;
	u16 config_vector;
	u32 device_select;
	u32 driver_select;
	u16 queue_select;
	u16 queue_count;
	struct virtio_queue *queue;
	u8 isr;
	u8 complaints; /* about the guest, up to COMPLAINTS_MAX */
	u8 pci_access; /* offset of the capability for access by cfg space */
	u32 config_len;
	u8 config[VIRTIO_CONFIG_MAX];
	u8 config_writable[VIRTIO_CONFIG_MAX];
};

/* What virtio_init() needs to know of a device. */
struct virtio_setup {
	const struct virtio_ops *ops;
	void *priv;
	struct event_loop *loop; /* who serves the queues */
	u64 features;            /* of the device's kind */
	u16 queue_count;
	u16 queue_size; /* a power of two, at most VQ_SIZE_MAX */
	u32 config_len;
};

/**
 * Make pci a virtio device. From success on vd belongs to the function, and
 * goes with it: ops->destroy frees priv, then vd is freed. On error priv
 * stays the caller's.
 */
int virtio_init(struct pci_dev *pci, const struct virtio_setup *setup,
		struct virtio_dev **vd);

/** The driver negotiated this feature. */
bool virtio_has(const struct virtio_dev *vd, u32 feature);

/** The driver is running and the device not broken. */
bool virtio_live(const struct virtio_dev *vd);

/** Take a chain as vq_pop(); a broken queue breaks the device: returns 0. */
int virtio_pop(struct virtio_dev *vd, u16 queue, struct vq_chain *chain);
void virtio_push(struct virtio_dev *vd, u16 queue, u16 head, u32 len);

/** Raise the queue's interrupt if the driver wants it. */
void virtio_signal(struct virtio_dev *vd, u16 queue);

/** Serve the queue once more, later. */
void virtio_again(struct virtio_dev *vd, u16 queue);

/**
 * The driver broke a rule: say which, and serve nothing more until it
 * resets the device. VIRTIO 1.2, 2.1.2, DEVICE_NEEDS_RESET.
 */
void virtio_break(struct virtio_dev *vd, const char *rule);

/** Change configuration space; a running driver is told. */
void virtio_config_set(struct virtio_dev *vd, u32 off, const void *from,
		       u32 len);

/* Between the files of the framework. */

/** Common configuration; VIRTIO 1.2, 4.1.4.3. The lock is held. */
u64 virtio_common_read(struct virtio_dev *vd, u64 off, u32 size);
void virtio_common_write(struct virtio_dev *vd, u64 off, u32 size, u64 val);
#define VIRTIO_COMMON_LEN 0x38U

/** Back to power-on, except for what the PCI function keeps. Lock held. */
void virtio_reset(struct virtio_dev *vd);

/** Wire kicks to the kernel where the device can be kicked. Lock held. */
void virtio_wire_kicks(struct virtio_dev *vd);
int virtio_kicks_init(struct virtio_dev *vd);
void virtio_kicks_free(struct virtio_dev *vd);

/** Where in the BAR the notification registers are: 4 bytes a queue. */
#define VIRTIO_NOTIFY_OFF  0x3000U
#define VIRTIO_NOTIFY_STEP 4U
#define VIRTIO_BAR         0U

void virtio_isr_raise(struct virtio_dev *vd, u8 bit);
void virtio_config_signal(struct virtio_dev *vd);

/* The devices, for the table of PCI functions. */
extern const struct pci_opts virtio_blk_opts;
extern const struct pci_opts virtio_console_opts;
int virtio_blk_init(struct pci_dev *pci, const char *opts,
		    struct dm_error *err);
int virtio_console_init(struct pci_dev *pci, const char *opts,
			struct dm_error *err);
int virtio_rng_init(struct pci_dev *pci, const char *opts,
		    struct dm_error *err);

#endif
