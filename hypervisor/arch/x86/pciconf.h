/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The machine's PCI configuration space by its two ports, which all CPUs
 * share: PCI Local Bus 3.0, 3.2.2.3.2. Any CPU, at any time.
 */
#ifndef ARCH_X86_PCICONF_H
#define ARCH_X86_PCICONF_H

#include "lib/types.h"

#define PCI_CONFIG_ADDRESS 0xcf8
#define PCI_CONFIG_DATA    0xcfc
#define PCI_CONFIG_ENABLE  BIT32(31)

/** Bus, device, function as config addresses carry them. */
#define PCI_BDF(bus, dev, fn) ((u32)(bus) << 8 | (u32)(dev) << 3 | (fn))

/**
 * Read or write @size (1, 2, 4) bytes of the data port, from its byte @lane
 * on, lane + size at most 4, with @address in the address port.
 */
u32 pciconf_data_read(u32 address, u32 lane, u32 size);
void pciconf_data_write(u32 address, u32 lane, u32 size, u32 val);

/** Register @reg, below 0x100, of @bdf's config space. */
static inline u32 pciconf_read(u32 bdf, u32 reg, u32 size)
{
	return pciconf_data_read(PCI_CONFIG_ENABLE | bdf << 8 | (reg & 0xfc),
				 reg & 3, size);
}

static inline void pciconf_write(u32 bdf, u32 reg, u32 size, u32 val)
{
	pciconf_data_write(PCI_CONFIG_ENABLE | bdf << 8 | (reg & 0xfc), reg & 3,
			   size, val);
}

#endif
