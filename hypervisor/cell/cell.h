/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cells: VMs made of what the Service VM had, with the CPUs' own local APICs.
 * A cell is a VM of kind VM_CELL, which keeps its CPUs, stage 2 and life; this
 * room adds where its memory and ports come from and where they go back to.
 *
 * Concurrency: what belongs to the Service VM changes hands under its
 * hand-over lock, which is only ever tried (vm/vm.h): -EAGAIN asks the caller
 * to come again. A cell's own state is under its vm->lock.
 */
#ifndef CELL_CELL_H
#define CELL_CELL_H

#include "abi/cell.h"
#include "abi/cell_comm.h"
#include "vm/vm.h"

struct cell {
	struct vm *vm;
	/* As it was handed in, checked; whole pages of the pool. */
	struct holm_cell_desc *desc;
	struct holm_comm *comm; /* NULL: it has no communication region */
	struct subpage *parts;  /* of device pages; nparts of them */
	u32 nparts;
	struct cell_pci *pci; /* npci of them */
	u32 npci;
	struct cell_end *ends; /* of shared-memory links; nends of them */
	u32 nends;
};

/**
 * Check a description of @size bytes that nobody else can change any more.
 * 0, or -EINVAL after a log line that names field, value and rule.
 */
int cell_desc_check(const struct holm_cell_desc *d, u64 size);

/** Is it a part of a device's page, not whole pages? */
static inline bool cell_mem_is_part(const struct holm_cell_mem *m)
{
	return !is_aligned(m->phys | m->size, PAGE_SIZE);
}

/** The record of @type after @prev (NULL: the first), or NULL. */
const void *cell_desc_next(const struct holm_cell_desc *d, u32 type,
			   const void *prev);

/** CRC-32 of ISO 3309 over a description, its checksum field taken as 0. */
u32 cell_desc_checksum(const struct holm_cell_desc *d, u64 size);

/**
 * Make a cell of @desc, checked; on success the cell owns it and *@id is its
 * number. Errors: see HC_HOLM_CELL_CREATE.
 */
int cell_create(struct holm_cell_desc *desc, u32 *id);

/** Copy from the Service VM into loadable memory. @l is a cell, not running. */
int cell_load(struct vm_locked l, const struct holm_cell_load *load);

/** From its entry on. -EPERM if it runs already. */
int cell_start(struct vm_locked l);

/** To the state it was created in, memory untouched. -EPERM if it is dying. */
int cell_stop(struct vm_locked l);

/**
 * Consumes the caller's reference. -EAGAIN, -ENOENT; -EPERM: another
 * cell is locked, and not @force.
 */
int cell_destroy(struct vm *vm, bool force);

/** HOLM_CELL_* state of a cell; a running one may say that it is done. */
u32 cell_state(const struct vm *vm);

/* cell_comm.c: the communication region. None of it waits. */

/** What a cell is told of the machine, known at start; 0: there is none. */
struct cell_machine {
	u64 apic_khz; /* input of the local APIC's timer */
	u32 pm_timer; /* port of the ACPI timer */
};

/** Once, at start. */
void cell_comm_set_machine(const struct cell_machine *m);

/** The region as at the start of @c, whose CPUs are parked. */
void cell_comm_start(const struct cell *c);

/** What @c, running, says its state is: HOLM_CELL_*. */
u32 cell_comm_state(const struct cell *c);

/** Errors: see HC_HOLM_CELL_ASK. */
int cell_comm_ask(struct vm_locked l, u32 message);

/** Tell every cell but @but (NULL: all) that cells came or went. */
void cell_comm_tell_changed(struct cell *but);

/** Is a cell other than @but (NULL: any) locked? Logs which one. */
bool cell_comm_locked(struct cell *but);

/* cell_take.c: what changes hands. The caller has the hand-over lock. */

/** Take what @cell lists from the Service VM and map it: all or nothing. */
int cell_take(struct cell *cell);

/** Give it back, wiped. The VM is gone. Cannot fail. */
void cell_give_back(struct cell *cell);

/** What it has is as cell_take() left it; under the VM's lock, parked. */
void cell_reset(struct cell *cell);

#endif
