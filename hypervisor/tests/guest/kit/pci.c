/* SPDX-License-Identifier: BSD-2-Clause */
#include "kit/pci.h"

#include "arch/x86/asm.h"

#define CONFIG_ADDRESS 0xcf8
#define CONFIG_DATA    0xcfc
#define CONFIG_ENABLE  BIT32(31)
#define CAPS_MAX       48

u32 pci_read(u32 bdf, u32 reg)
{
	x86_outl(CONFIG_ADDRESS, CONFIG_ENABLE | bdf << 8 | (reg & 0xfc));
	return x86_inl(CONFIG_DATA);
}

void pci_write(u32 bdf, u32 reg, u32 val)
{
	x86_outl(CONFIG_ADDRESS, CONFIG_ENABLE | bdf << 8 | (reg & 0xfc));
	x86_outl(CONFIG_DATA, val);
}

u32 pci_find(u32 id)
{
	for (u32 bdf = 0; bdf < 256; bdf++)
		if (pci_read(bdf, PCI_VENDOR) == id)
			return bdf;
	return ~0U;
}

u32 pci_capability(u32 bdf, u8 id)
{
	u32 at = pci_read(bdf, PCI_CAPS) & 0xfc;

	for (u32 i = 0; at && i < CAPS_MAX; i++) {
		u32 word = pci_read(bdf, at);

		if ((u8)word == id)
			return at;
		at = word >> 8 & 0xfc;
	}
	return 0;
}
