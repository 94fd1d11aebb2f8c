/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/x86/pciconf.h"

#include "arch/x86/asm.h"

u32 pciconf_read32(u32 bdf, u32 reg)
{
	x86_outl(PCI_CONFIG_ADDRESS,
		 PCI_CONFIG_ENABLE | bdf << 8 | (reg & 0xfc));
	return x86_inl(PCI_CONFIG_DATA);
}
