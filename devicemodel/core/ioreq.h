/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Serving I/O requests. Each vCPU has one slot in a page shared with the
 * driver and the hypervisor; a slot in state PROCESSING, not taken by the
 * kernel, is ours until we say that it is finished.
 */
#ifndef CORE_IOREQ_H
#define CORE_IOREQ_H

#include "bus/bus.h"
#include "core/request.h"
#include "core/vmm.h"
#include "pci/pci.h"

struct ioreq_server {
	struct vmm *vmm;
	struct acrn_io_request_buffer *page;
	u16 vmid;
	u32 nvcpus;
	struct bus *pio;
	struct bus *mmio;
	struct pci_bus *pci;
	struct life *life;
	bool apart; /* the driver tells and waits in two calls */
	u64 served;
	u64 malformed; /* answered with all ones */
};

/**
 * Serve each of slots, a bit each, that is ours; those served. They are not
 * told yet.
 */
u32 ioreq_pass(struct ioreq_server *s, u32 slots);

/**
 * Wait and serve until life asks for something else. When the driver ends
 * the waiting, LIFE_DIED is posted; returns what attach gave, or 0.
 */
int ioreq_loop(struct ioreq_server *s);

#endif
