/* SPDX-License-Identifier: BSD-2-Clause */
/* PCI configuration space by ports and by memory. */
#ifndef KIT_PCI_H
#define KIT_PCI_H

#include "lib/types.h"

#define PCI_VENDOR    0x00
#define PCI_COMMAND   0x04
#define PCI_CLASS     0x08
#define PCI_BAR0      0x10
#define PCI_CAPS      0x34
#define PCI_MEMORY    BIT32(1)
#define PCI_MASTER    BIT32(2)
#define PCI_CAP_MSIX  0x11
#define MSIX_ENABLE   BIT32(31) /* of the capability's first word */
#define MSIX_MASK_ALL BIT32(30)
#define MSIX_MASKED   1U /* of an entry */

u32 pci_read(u32 bdf, u32 reg);
void pci_write(u32 bdf, u32 reg, u32 val);

/** First function with this vendor and device id on bus 0, or ~0. */
u32 pci_find(u32 id);

/** Offset of the capability @id, or 0. */
u32 pci_capability(u32 bdf, u8 id);

#endif
