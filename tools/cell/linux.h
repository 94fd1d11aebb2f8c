/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An unmodified Linux kernel for a cell: what has to be where in the cell's
 * memory so that it boots. It finds its CPUs, interrupt controllers and
 * serial ports by ACPI tables of the hardware-reduced kind, its memory by the
 * boot protocol's map; all of it comes from the cell's description.
 */
#ifndef CELL_LINUX_H
#define CELL_LINUX_H

#include "abi/cell.h"
#include "cell/madt.h"
#include "core/error.h"
#include "core/types.h"

/* A range that a PCI function of the cell has: [first, last]. */
struct linux_window {
	u64 first;
	u64 last;
	bool is_io;
	u8 bus;
};

struct cell_linux_params {
	const char *kernel;  /* path of a bzImage */
	const char *initrd;  /* path, or NULL */
	const char *cmdline; /* NULL: the first serial port is the console */
	struct madt madt;    /* the machine's; none: the cell has no I/O APIC */
	const struct linux_window *window; /* of its PCI functions' BARs */
	u32 windows;
};

/** Bytes that belong at an address of the cell. */
struct linux_piece {
	u64 to;
	u64 size;
	void *data;
};

#define LINUX_PIECES 4

struct cell_linux {
	struct linux_piece piece[LINUX_PIECES];
	u32 pieces;
	u64 entry; /* where the first CPU starts, in 32-bit mode */
};

/**
 * Prepare what a cell with description d must be loaded with. 0, or a
 * negative errno with a sentence that names the file or the memory and the
 * rule. Free the result with cell_linux_free().
 */
int cell_linux_build(const struct holm_cell_desc *d,
		     const struct cell_linux_params *params,
		     struct cell_linux *out, struct dm_error *err);

/** Also after a failure. */
void cell_linux_free(struct cell_linux *linux_pieces);

#endif
