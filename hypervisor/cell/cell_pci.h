/* SPDX-License-Identifier: BSD-2-Clause */
/* What other kinds of resources must know of a cell's PCI functions. */
#ifndef CELL_CELL_PCI_H
#define CELL_CELL_PCI_H

#include "cell/cell.h"

/** Has a function of @c's a BAR there? */
bool cell_pci_has_port(const struct cell *c, u32 port, u32 count);

#endif
