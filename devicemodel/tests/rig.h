/* SPDX-License-Identifier: BSD-2-Clause */
/* A PCI bus with one virtio device in slot 3, and a driver's hands on it. */
#ifndef TESTS_RIG_H
#define TESTS_RIG_H

#include "pci/pci.h"
#include "tests/driver.h"
#include "tests/mock.h"

#include <stdatomic.h>

#define RIG_RAM     (4 * MIB)
#define RIG_QUEUES  40
#define RIG_EVENTS  64
#define RIG_VECTORS 64
#define RIG_DATA    0x100000ULL /* RAM above is the test's own */

struct rig {
	struct mock mock; /* first: the vmm operations get it */
	struct vmm_ops ops;
	struct bus pio;
	struct bus mmio;
	struct pci_bus pci;
	struct guest_mem mem;
	struct event_loop loop;
	struct dm_error err;
	uint8_t *ram;
	uint64_t bar;
	uint64_t next; /* where the next queue's rings go */
	struct driver_queue q[RIG_QUEUES];
	/* Messages received, by their data: 0x40 + vector. */
	_Atomic uint32_t irqs[RIG_VECTORS];
	/* What the kernel would hold. */
	struct acrn_ioeventfd wire[RIG_EVENTS];
	uint32_t wires;
	struct acrn_irqfd irqfd[RIG_VECTORS];
	uint32_t irqfds;
	uint32_t irqfd_calls;
	bool events; /* the kernel has ioeventfd and irqfd */
};

/** Create the device, with the thread of its loop not running. */
int rig_open(struct rig *r, const char *device, const char *opts);
void rig_close(struct rig *r);

uint32_t rig_cfg_read(struct rig *r, uint32_t reg, uint32_t size);
void rig_cfg_write(struct rig *r, uint32_t reg, uint32_t size, uint32_t val);

/** The vendor capability of this type; 0 if there is none. */
uint32_t rig_find_cap(struct rig *r, uint8_t type);

/** In the BAR. */
uint64_t rig_read(struct rig *r, uint32_t off, uint32_t size);
void rig_write(struct rig *r, uint32_t off, uint32_t size, uint64_t val);

#define RIG_ISR    0x1000U
#define RIG_DEVICE 0x2000U
#define RIG_NOTIFY 0x3000U
#define RIG_MSIX   0x4000U

uint64_t rig_features(struct rig *r);

/** Reset, acknowledge, ask for features; the status then. */
uint8_t rig_negotiate(struct rig *r, uint64_t features);

/** Set queue up with that many entries and vector index + 1; enable it. */
void rig_queue(struct rig *r, uint16_t index, uint16_t size, bool event_idx);

/** Unmask all vectors and enable MSI-X. */
void rig_msix(struct rig *r);
void rig_driver_ok(struct rig *r);

/** All of the above, n queues with event indexes. */
void rig_bring_up(struct rig *r, uint64_t features, uint16_t n);

/** Publish what was added, and kick if that is wanted. */
void rig_kick(struct rig *r, uint16_t index);

/** Serve the loop until nothing is left. */
void rig_poll(struct rig *r);

/** Wait for a used chain of a device with a thread; its len. */
uint32_t rig_wait(struct rig *r, uint16_t index, uint16_t *head);

#define S_ACK         1
#define S_DRIVER      2
#define S_DRIVER_OK   4
#define S_FEATURES_OK 8
#define S_NEEDS_RESET 0x40

#endif
