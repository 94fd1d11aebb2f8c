/* SPDX-License-Identifier: BSD-2-Clause */
/* The ACPI tables of a kernel in a cell: hardware-reduced, ACPI 6.5, 4.1. */
#ifndef CELL_LINUX_ACPI_H
#define CELL_LINUX_ACPI_H

#include "cell/linux.h"

/** A serial port that a cell may have. */
struct linux_uart {
	u16 port;
	u8 irq;
};

#define LINUX_UARTS 4
extern const struct linux_uart linux_uarts[LINUX_UARTS];

/** Has the cell all ports of linux_uarts[i]? */
bool linux_has_uart(const struct holm_cell_desc *d, u32 i);

/** Where the tables go: size bytes that the cell will see at address at. */
struct linux_tables {
	u8 *buf;
	size_t size;
	u64 at;
	u64 rsdp; /* the result: address of the root pointer */
};

/**
 * Build the tables. The bytes used, or -ENOSPC, -ENOMEM or -EINVAL with a
 * sentence.
 */
int linux_acpi_build(const struct holm_cell_desc *d,
		     const struct cell_linux_params *params,
		     struct linux_tables *t, struct dm_error *err);

#endif
