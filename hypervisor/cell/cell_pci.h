/* SPDX-License-Identifier: BSD-2-Clause */
/* What other kinds of resources must know of a cell's PCI functions. */
#ifndef CELL_CELL_PCI_H
#define CELL_CELL_PCI_H

#include "cell/cell.h"

/** Has a function of @c's a BAR there? */
bool cell_pci_has_port(const struct cell *c, u32 port, u32 count);

/** Function number @n of @c as it is now; false: there are not so many. */
bool cell_pci_facts(const struct cell *c, u32 n, struct holm_device *out);

#endif
