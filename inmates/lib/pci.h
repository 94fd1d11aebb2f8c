/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PCI functions: configuration by ports 0xcf8 and 0xcfc or, where the cell
 * has it, by memory. Every such access exits; the BARs' do not.
 */
#ifndef LIB_PCI_H
#define LIB_PCI_H

#include "lib/cpu.h"

#define PCI_NONE    0xffffffffU
#define PCI_COMMAND 0x04
#define PCI_BAR(n)  (0x10 + 4 * (n))

#define PCI_COMMAND_MEMORY BIT32(1)
#define PCI_COMMAND_MASTER BIT32(2)

#define PCI_CAP_MSI  0x05
#define PCI_CAP_MSIX 0x11

/** Use memory from now on; false: the cell has none. */
bool pci_use_mmconfig(void);

/** @reg: a multiple of 4, below 256 by ports, below 4096 by memory. */
u32 pci_read(u32 bdf, u32 reg);
void pci_write(u32 bdf, u32 reg, u32 v);

/**
 * The first function from @bdf on, or PCI_NONE; its device << 16 | vendor in
 * *@id. A cell sees its own functions only: the rest are not there.
 */
u32 pci_next(u32 bdf, u32 *id);

/** The first function with device << 16 | vendor as @id, or PCI_NONE. */
u32 pci_find(u32 id);

/** Where the function's memory BAR @n is; 0: out of an inmate's reach. */
word pci_bar(u32 bdf, u32 n);

/** Memory and messages on. */
void pci_enable(u32 bdf);

/** Offset of a capability, or 0. */
u32 pci_capability(u32 bdf, u32 id);

/**
 * Interrupts of the function, by MSI or by entry @entry of its MSI-X table,
 * come as @vector to the calling CPU. False if it does not have that.
 */
bool pci_msi(u32 bdf, u32 vector);
bool pci_msix(u32 bdf, u32 entry, u32 vector);

#endif
