/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Cells, as the files of this driver that deal with them see one another.
 *
 * A cell is made under one lock for all, step by step: each resource that a
 * record of its description names is taken from Linux and becomes a holding.
 * Holdings are released in reverse order, when a step fails or the cell is
 * gone. Nothing here depends on who made the cell: it outlives its file.
 *
 * Lock order: hsm_cell_mutex > the CPU lock of cpu.c > the kernel's device and
 * CPU hotplug locks.
 */
#ifndef HSM_CELL_H
#define HSM_CELL_H

#include <linux/list.h>
#include <linux/types.h>
#include <linux/xarray.h>

#include "abi/cell.h"
#include "abi/holm_ioctl.h"

/* What PIN pins at once, and what memory of a cell is counted in. */
#define HSM_PIN_SHIFT 21
#define HSM_PIN_SIZE  (1ULL << HSM_PIN_SHIFT)

/* Reads as in "cell 'NAME': ". */
#define HSM_CELL_NAME(cell) ((cell)->desc->name)

/**
 * struct hsm_cell_file - an open file of /dev/holm that may make cells
 * @pins: memory pinned for a cell to come, by physical address / 2 MiB
 */
struct hsm_cell_file {
	struct xarray pins;
};

/**
 * struct hsm_hold - something of Linux's that a cell has
 * @node: in the cell's list, the first taken first
 * @release: Linux gets it back; frees the holding. Cannot fail
 */
struct hsm_hold {
	struct list_head node;
	void (*release)(struct hsm_hold *hold);
};

/**
 * struct hsm_cell - a cell, or one that is being made
 * @node: in the list of all
 * @id: the hypervisor's name for it
 * @file: who makes it; NULL once it is made
 * @desc: its description, checked for shape; the terminator of the name is
 *	not checked before the hypervisor has agreed
 * @holds: what it has of Linux's
 * @pins: pinned memory it has
 */
struct hsm_cell {
	struct list_head node;
	u32 id;
	struct hsm_cell_file *file;
	struct holm_cell_desc *desc;
	struct list_head holds;
	struct list_head pins;
};

/* cell.c */
struct hsm_cell_file *hsm_cell_file_open(void);
void hsm_cell_file_close(struct hsm_cell_file *file);
int hsm_cell_create(struct hsm_cell_file *file,
		    const struct holm_ioc_cell_create *ioc);
int hsm_cell_destroy(u32 id, bool force);
int hsm_cell_load(const struct holm_ioc_cell_load *ioc);

/* cell_ioctl.c */
long hsm_cell_ioctl(struct hsm_cell_file *file, unsigned int cmd,
		    unsigned long arg);

/* cell_desc.c */
int hsm_cell_desc_read(u64 uaddr, u64 size, struct holm_cell_desc **desc);
void hsm_cell_desc_free(struct holm_cell_desc *desc);
const struct holm_cell_record *hsm_cell_desc_next(
	const struct holm_cell_desc *desc, const struct holm_cell_record *prev);

/* cell_take.c */
int hsm_cell_take(struct hsm_cell *cell);
void hsm_cell_give_back(struct hsm_cell *cell);
int hsm_cell_add_hold(struct hsm_cell *cell, struct hsm_hold *hold,
		      void (*release)(struct hsm_hold *hold));

/* cell_pin.c */
int hsm_cell_pin(struct hsm_cell_file *file,
		 const struct holm_ioc_cell_pin *ioc);
bool hsm_cell_pins_cover(struct hsm_cell_file *file, u64 phys, u64 size);
void hsm_cell_pins_move(struct hsm_cell *cell, u64 phys, u64 size);
void hsm_cell_pins_release(struct hsm_cell *cell);
void hsm_cell_pins_drop(struct hsm_cell_file *file);

/* cell_region.c */
int hsm_cell_take_mem(struct hsm_cell *cell,
		      const struct holm_cell_record *record);
int hsm_cell_take_ivshmem(struct hsm_cell *cell,
			  const struct holm_cell_record *record);
int hsm_cell_take_port(struct hsm_cell *cell,
		       const struct holm_cell_record *record);

/* cell_irq.c */
int hsm_cell_take_irq(struct hsm_cell *cell,
		      const struct holm_cell_record *record);

/* cell_link.c */
void hsm_cell_links_update(const struct hsm_cell *cell);

/* cell_pci.c */
int hsm_cell_pci_init(void);
void hsm_cell_pci_exit(void);
int hsm_cell_take_pci(struct hsm_cell *cell,
		      const struct holm_cell_record *record);

#endif
