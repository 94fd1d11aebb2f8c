/* SPDX-License-Identifier: BSD-2-Clause */
/* Base address registers: sizing, placement, decoding. PCI 3.0, 6.2.5. */
#include "pci/pci.h"

#include <errno.h>

#define BAR_IO        0x1U
#define BAR_MEM64     0x4U
#define BAR_FLAGS_IO  0x3U
#define BAR_FLAGS_MEM 0xfU

static u32 bar_reg(u32 index)
{
	return PCI_BAR0 + 4 * index;
}

static u32 bar_flags(enum pci_bar_kind kind)
{
	if (kind == PCI_BAR_IO)
		return BAR_IO;
	return kind == PCI_BAR_MEM64 ? BAR_MEM64 : 0;
}

static u64 bar_address(const struct pci_dev *dev, u32 index)
{
	const struct pci_bar *bar = &dev->bar[index];
	u64 addr = pci_get(dev, bar_reg(index), 4);

	addr &= ~(u64)(bar->kind == PCI_BAR_IO ? BAR_FLAGS_IO : BAR_FLAGS_MEM);
	if (bar->kind == PCI_BAR_MEM64)
		addr |= (u64)pci_get(dev, bar_reg(index + 1), 4) << 32;
	return addr;
}

/* Only inside the windows the guest was told: nothing there is RAM. */
static bool in_window(const struct pci_bar *bar, u64 addr)
{
	u64 last = addr + bar->size - 1;

	if (last < addr)
		return false;
	if (bar->kind == PCI_BAR_IO)
		return addr >= PCI_IO_BASE && last < PCI_IO_END;
	return (addr >= PCI_MMIO32_BASE && last < PCI_MMIO32_END) ||
	       (addr >= PCI_MMIO64_BASE && last < PCI_MMIO64_END);
}

static struct bus *bar_bus(const struct pci_dev *dev, const struct pci_bar *b)
{
	return b->kind == PCI_BAR_IO ? dev->bus->pio : dev->bus->mmio;
}

static void bar_unmap(struct pci_dev *dev, struct pci_bar *bar)
{
	if (bar->mapped)
		bus_remove(bar_bus(dev, bar), bar->mapped_at, bar->dev);
	bar->mapped = false;
}

static void bar_map(struct pci_dev *dev, struct pci_bar *bar, u64 addr)
{
	const struct bus_range range = { addr, bar->size, bar->name, bar->ops,
					 bar->dev };

	/* Where another device sits already, this one does not answer. */
	bar->mapped = !bus_add(bar_bus(dev, bar), &range);
	bar->mapped_at = addr;
}

void pci_bar_update(struct pci_dev *dev)
{
	u32 command = pci_get(dev, PCI_COMMAND, 2), i, enable;
	struct pci_bar *bar;
	bool want;
	u64 addr;

	for (i = 0; i < PCI_BARS; i++) {
		bar = &dev->bar[i];
		if (bar->kind == PCI_BAR_NONE)
			continue;
		enable = bar->kind == PCI_BAR_IO ? PCI_CMD_IO : PCI_CMD_MEM;
		addr = bar_address(dev, i);
		want = (command & enable) && in_window(bar, addr);
		if (want && bar->mapped && bar->mapped_at == addr)
			continue;
		bar_unmap(dev, bar);
		if (want)
			bar_map(dev, bar, addr);
	}
}

void pci_bar_unmap_all(struct pci_dev *dev)
{
	u32 i;

	for (i = 0; i < PCI_BARS; i++)
		bar_unmap(dev, &dev->bar[i]);
}

static u64 *bar_cursor(struct pci_bus *pci, enum pci_bar_kind kind)
{
	if (kind == PCI_BAR_IO)
		return &pci->next_io;
	return kind == PCI_BAR_MEM64 ? &pci->next_mem64 : &pci->next_mem32;
}

int pci_bar_add(struct pci_dev *dev, u32 index, const struct pci_bar *bar)
{
	u64 *cursor = bar_cursor(dev->bus, bar->kind);
	u64 addr = align_up(*cursor, bar->size);
	bool wide = bar->kind == PCI_BAR_MEM64;

	if (index + wide >= PCI_BARS || (bar->size & (bar->size - 1)) ||
	    bar->size < (bar->kind == PCI_BAR_IO ? 4 : 16))
		return -EINVAL;
	if (!in_window(bar, addr))
		return -ENOSPC;
	*cursor = addr + bar->size;
	dev->bar[index] = *bar;
	pci_put(dev, bar_reg(index), 4, (u32)addr | bar_flags(bar->kind));
	pci_set_writable(dev, bar_reg(index), 4, (u32) ~(bar->size - 1));
	if (wide) {
		pci_put(dev, bar_reg(index + 1), 4, (u32)(addr >> 32));
		pci_set_writable(dev, bar_reg(index + 1), 4,
				 (u32)(~(bar->size - 1) >> 32));
	}
	return 0;
}
