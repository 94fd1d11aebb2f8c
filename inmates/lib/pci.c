/* SPDX-License-Identifier: BSD-2-Clause */
/* PCI Local Bus 3.0, 3.2.2.3 and 6.8; PCI Express 3.0, 7.2.2. */
#include "lib/pci.h"

#include "lib/comm.h"
#include "lib/lapic.h"

#define ADDRESS      0xcf8
#define DATA         0xcfc
#define ENABLE       BIT32(31)
#define FUNCTIONS    0x10000U
#define CAPS         0x34
#define STATUS_CAPS  BIT32(20) /* of the word with the command */
#define CAPS_MAX     48
#define BAR_64       0x4
#define BAR_IO       0x1
#define MSI_ENABLE   BIT32(16)
#define MSI_COUNT    (7U << 20)
#define MSI_64       BIT32(23)
#define MSI_WINDOW   0xfee00000U
#define MSIX_ENABLE  BIT32(31)
#define MSIX_MASKALL BIT32(30)

static word mmconfig;

bool pci_use_mmconfig(void)
{
	u64 at = comm ? comm->mmconfig : 0;

	mmconfig = at == (word)at ? (word)at : 0;
	return mmconfig;
}

static word page_of(u32 bdf)
{
	return mmconfig + ((word)bdf << 12);
}

u32 pci_read(u32 bdf, u32 reg)
{
	if (mmconfig)
		return read32(page_of(bdf) + reg);
	x86_outl(ADDRESS, ENABLE | bdf << 8 | (reg & 0xfc));
	return x86_inl(DATA);
}

void pci_write(u32 bdf, u32 reg, u32 v)
{
	if (mmconfig) {
		write32(page_of(bdf) + reg, v);
		return;
	}
	x86_outl(ADDRESS, ENABLE | bdf << 8 | (reg & 0xfc));
	x86_outl(DATA, v);
}

u32 pci_next(u32 bdf, u32 *id)
{
	for (; bdf < FUNCTIONS; bdf++) {
		*id = pci_read(bdf, 0);
		if (*id != PCI_NONE)
			return bdf;
	}
	return PCI_NONE;
}

u32 pci_find(u32 id)
{
	u32 bdf = 0, found;

	while ((bdf = pci_next(bdf, &found)) != PCI_NONE && found != id)
		bdf++;
	return bdf;
}

word pci_bar(u32 bdf, u32 n)
{
	u32 low = pci_read(bdf, PCI_BAR(n));
	u32 high = low & BAR_64 ? pci_read(bdf, PCI_BAR(n + 1)) : 0;

	return low & BAR_IO || high ? 0 : low & ~0xfU;
}

void pci_enable(u32 bdf)
{
	pci_write(bdf, PCI_COMMAND,
		  (u16)pci_read(bdf, PCI_COMMAND) | PCI_COMMAND_MEMORY |
			  PCI_COMMAND_MASTER);
}

u32 pci_capability(u32 bdf, u32 id)
{
	u32 at, first;

	if (!(pci_read(bdf, PCI_COMMAND) & STATUS_CAPS))
		return 0;
	at = pci_read(bdf, CAPS) & 0xfc;
	for (u32 i = 0; at && i < CAPS_MAX; i++) {
		first = pci_read(bdf, at);
		if ((u8)first == id)
			return at;
		at = first >> 8 & 0xfc;
	}
	return 0;
}

static u32 message_address(void)
{
	return MSI_WINDOW | (lapic_id() & 0xff) << 12;
}

bool pci_msi(u32 bdf, u32 vector)
{
	u32 at = pci_capability(bdf, PCI_CAP_MSI);
	u32 first;

	if (!at)
		return false;
	first = pci_read(bdf, at) & ~(MSI_ENABLE | MSI_COUNT);
	pci_write(bdf, at, first);
	pci_write(bdf, at + 4, message_address());
	if (first & MSI_64)
		pci_write(bdf, at + 8, 0);
	pci_write(bdf, at + (first & MSI_64 ? 12 : 8), vector);
	pci_write(bdf, at, first | MSI_ENABLE);
	return true;
}

bool pci_msix(u32 bdf, u32 entry, u32 vector)
{
	u32 at = pci_capability(bdf, PCI_CAP_MSIX);
	u32 first, where;
	word table;

	if (!at)
		return false;
	first = pci_read(bdf, at);
	where = pci_read(bdf, at + 4);
	table = pci_bar(bdf, where & 7);
	if (!table || entry > (first >> 16 & 0x7ff))
		return false;
	pci_write(bdf, at, first | MSIX_ENABLE | MSIX_MASKALL);
	table += (where & ~7U) + entry * 16;
	write32(table, message_address());
	write32(table + 4, 0);
	write32(table + 8, vector);
	write32(table + 12, 0);
	pci_write(bdf, at, (first | MSIX_ENABLE) & ~MSIX_MASKALL);
	return true;
}
