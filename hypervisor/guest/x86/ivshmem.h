/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shared-memory devices, ivshmem version 2 as Jailhouse specifies it: memory
 * of a few VMs with a doorbell from each to each. A link is the memory and
 * its peers; a peer's end is a PCI function of its VM. Registers are answered
 * here, the memory is mapped by who makes the link.
 *
 * Ringing is one exit for the sender; a receiver that owns its local APIC has
 * none. What a peer may do to another is an interrupt of the other's choice.
 *
 * Concurrency: an end's configuration and its BARs are under the lock of its
 * VM's config space, what other peers look at under the link's; the link's is
 * the inner one.
 */
#ifndef GUEST_X86_IVSHMEM_H
#define GUEST_X86_IVSHMEM_H

#include "core/spinlock.h"
#include "guest/x86/vpci.h"
#include "lib/types.h"

struct vm;

#define IVSHMEM_PEERS_MAX   16
#define IVSHMEM_VECTORS_MAX 16
/** Bytes of the state table, which is the first section. */
#define IVSHMEM_TABLE_SIZE PAGE_SIZE
/** In the Service VM: some device of bus 0 that is not there. */
#define IVSHMEM_BDF_ANY 0xffffffffU

struct ivshmem;

struct ivshmem_link {
	struct spinlock lock;
	u64 phys; /* of the state table */
	u64 rw_size;
	u64 out_size; /* of each peer's section */
	u32 peers;
	u32 vectors;
	u32 protocol;
	struct ivshmem *end[IVSHMEM_PEERS_MAX]; /* NULL: not there */
};

struct ivshmem {
	struct ivshmem_link *link;
	struct ivshmem *next; /* end of the same VM */
	struct vm *vm;        /* NULL: not connected */
	u32 id;
	bool enabled; /* Interrupt Control, bit 0 */
	u32 state;
	u32 msix[IVSHMEM_VECTORS_MAX][4];
	struct vpci_fn fn;
	struct vpci_window regs;  /* BAR 0 */
	struct vpci_window table; /* BAR 1 */
	struct vpci_config cfg;
};

/** Bytes of all sections of @link. */
u64 ivshmem_size(const struct ivshmem_link *link);

/**
 * Make @end, zeroed, peer @id of @link: a function of @vm at @bdf, which says
 * that the memory is at @base. As vpci_add() wants it; its errors.
 */
int ivshmem_connect(struct ivshmem *end, struct ivshmem_link *link,
		    struct vm *vm, u32 id, u32 bdf, u64 base);

/**
 * The function is gone, the others see state 0. @vm is parked, or it is the
 * Service VM, and the caller has the hand-over lock, flushes it and reaps its
 * tables afterwards. Nothing to do if it is not connected.
 */
void ivshmem_disconnect(struct ivshmem *end);

/** All ends of @vm, parked: registers as after reset, state 0. */
void ivshmem_reset(struct vm *vm);

/** @vm ended by itself: its ends' states are 0. Does not block. */
void ivshmem_silence(struct vm *vm);

/** ivshmem_disconnect() for all ends of @vm. */
void ivshmem_disconnect_all(struct vm *vm);

#endif
