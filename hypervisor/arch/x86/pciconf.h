/* SPDX-License-Identifier: BSD-2-Clause */
/* PCI configuration mechanism 1, PCI Local Bus 3.0, 3.2.2.3.2. */
#ifndef ARCH_X86_PCICONF_H
#define ARCH_X86_PCICONF_H

#include "lib/types.h"

#define PCI_CONFIG_ADDRESS 0xcf8
#define PCI_CONFIG_DATA    0xcfc
#define PCI_CONFIG_ENABLE  BIT32(31)

/** Bus, device, function as config addresses carry them. */
#define PCI_BDF(bus, dev, fn) ((u32)(bus) << 8 | (u32)(dev) << 3 | (fn))

/** Read a dword of @bdf's config space. Only while no guest runs. */
u32 pciconf_read32(u32 bdf, u32 reg);

#endif
