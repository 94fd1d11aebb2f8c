/* SPDX-License-Identifier: BSD-2-Clause */
/* Registers of a PCI function: PCI Local Bus 3.0, 6; PCI Express 3.0, 7.8. */
#ifndef GUEST_X86_PCIREG_H
#define GUEST_X86_PCIREG_H

#include "lib/types.h"

#define PCI_VENDOR           0x00U
#define PCI_COMMAND          0x04U
#define PCI_COMMAND_IO       BIT32(0)
#define PCI_COMMAND_MEMORY   BIT32(1)
#define PCI_COMMAND_MASTER   BIT32(2)
#define PCI_COMMAND_INTX_OFF BIT32(10)
#define PCI_STATUS_CAPS      BIT32(20) /* of the dword at PCI_COMMAND */
#define PCI_CLASS            0x0bU
#define PCI_CLASS_BRIDGE     0x06
#define PCI_CACHE_LINE       0x0cU /* then the latency timer */
#define PCI_HEADER_TYPE      0x0eU
#define PCI_BAR0             0x10U
#define PCI_BAR_IO           BIT32(0)
#define PCI_BAR_TYPE         (3U << 1)
#define PCI_BAR_WIDE         (2U << 1)
#define PCI_ROM              0x30U
#define PCI_CAPS             0x34U
#define PCI_LINE             0x3cU

#define PCI_CAP_PM        0x01
#define PCI_PM_STATE      4U
#define PCI_PM_STATE_MASK 3U
#define PCI_PM_STATUS     BIT32(15)

#define PCI_CAP_MSI  0x05
#define PCI_CAP_MSIX 0x11

#define PCI_CAP_PCIE       0x10
#define PCI_EXP_CAP        0x04U
#define PCI_EXP_FLR        BIT32(28)
#define PCI_EXP_CTRL       0x08U /* status in the upper half */
#define PCI_EXP_RESET      BIT32(15)
#define PCI_EXP_LINK_CTRL  0x10U
#define PCI_EXP_CTRL2      0x28U
#define PCI_EXP_LINK_CTRL2 0x30U

#define PCI_CAP_AF   0x13
#define PCI_AF_FLR   BIT32(25) /* of the capability's first dword */
#define PCI_AF_CTRL  4U
#define PCI_AF_RESET BIT32(0)

#endif
