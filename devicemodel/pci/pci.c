/* SPDX-License-Identifier: BSD-2-Clause */
/* The bus: configuration cycles to functions. */
#include "pci/pci.h"

#include <errno.h>
#include <string.h>

static struct pci_dev *pci_find(const struct pci_bus *pci, u32 slot, u32 func)
{
	if (slot >= PCI_SLOTS || func >= PCI_FUNCS)
		return NULL;
	return pci->dev[slot][func];
}

/* Aligned accesses of 1, 2 and 4 bytes are all the bus knows. */
static bool cfg_ok(u32 reg, u32 size)
{
	return (size == 1 || size == 2 || size == 4) && reg % size == 0 &&
	       reg < PCI_CFG_SIZE;
}

u32 pci_cfg_read(struct pci_bus *pci, u32 slot, u32 func, u32 reg, u32 size)
{
	struct pci_dev *dev = pci_find(pci, slot, func);

	if (!dev || !cfg_ok(reg, size))
		return (u32)size_mask(size);
	if (dev->ops && dev->ops->cfg_reading)
		dev->ops->cfg_reading(dev, reg, size);
	return pci_get(dev, reg, size);
}

static void cfg_merge(struct pci_dev *dev, u32 reg, u8 val)
{
	u8 mask = dev->writable[reg];
	u8 now = dev->cfg[reg];

	now = (u8)((now & ~mask) | (val & mask));
	dev->cfg[reg] = (u8)(now & ~(val & dev->clearable[reg]));
}

void pci_cfg_write(struct pci_bus *pci, u32 slot, u32 func, u32 reg, u32 size,
		   u32 val)
{
	struct pci_dev *dev = pci_find(pci, slot, func);
	u32 i;

	if (!dev || !cfg_ok(reg, size))
		return;
	pthread_mutex_lock(&pci->lock);
	for (i = 0; i < size; i++)
		cfg_merge(dev, reg + i, (u8)(val >> (8 * i)));
	pthread_mutex_unlock(&pci->lock);
	if (reg < PCI_BAR0 + 4 * PCI_BARS)
		pci_bar_update(dev);
	pci_irq_cfg_written(dev, reg, size);
	if (dev->ops && dev->ops->cfg_written)
		dev->ops->cfg_written(dev, reg, size);
}

/* PCI Express 5.0, 7.2.2: bus 27:20, device 19:15, function 14:12. */
static u64 ecam_read(void *arg, u64 off, u32 size)
{
	return pci_cfg_read(arg, off >> 15 & 0x1f, off >> 12 & 7, off & 0xfff,
			    size);
}

static void ecam_write(void *arg, u64 off, u32 size, u64 val)
{
	pci_cfg_write(arg, off >> 15 & 0x1f, off >> 12 & 7, off & 0xfff, size,
		      (u32)val);
}

static const struct bus_ops ecam_ops = { ecam_read, ecam_write };
static_assert(PCI_ECAM_SIZE == 1 << 20, "ECAM serves bus 0 alone");

int pci_bus_init(struct pci_bus *pci)
{
	const struct bus_range ecam = { PCI_ECAM_BASE, PCI_ECAM_SIZE, "ecam",
					&ecam_ops, pci };

	pthread_mutex_init(&pci->lock, NULL);
	memset(pci->dev, 0, sizeof(pci->dev));
	memset(pci->line_users, 0, sizeof(pci->line_users));
	pci->next_io = PCI_IO_BASE;
	pci->next_mem32 = PCI_MMIO32_BASE;
	pci->next_mem64 = PCI_MMIO64_BASE;
	return bus_add(pci->mmio, &ecam);
}

static void pci_each(struct pci_bus *pci, void (*fn)(struct pci_dev *dev))
{
	u32 i;

	for (i = 0; i < PCI_SLOTS * PCI_FUNCS; i++)
		if (pci->dev[i / PCI_FUNCS][i % PCI_FUNCS])
			fn(pci->dev[i / PCI_FUNCS][i % PCI_FUNCS]);
}

static void pci_dev_reset(struct pci_dev *dev)
{
	if (dev->ops && dev->ops->reset)
		dev->ops->reset(dev);
	pci_irq_reset(dev);
	pthread_mutex_lock(&dev->bus->lock);
	memcpy(dev->cfg, dev->power_on, sizeof(dev->cfg));
	pthread_mutex_unlock(&dev->bus->lock);
	pci_bar_update(dev);
}

void pci_bus_reset(struct pci_bus *pci)
{
	pci_each(pci, pci_dev_reset);
}

void pci_bus_free(struct pci_bus *pci)
{
	pci_each(pci, pci_dev_free);
	pthread_mutex_destroy(&pci->lock);
}

u32 pci_bus_slots(const struct pci_bus *pci)
{
	u32 i, slots = 0;

	for (i = 0; i < PCI_SLOTS * PCI_FUNCS; i++)
		if (pci->dev[i / PCI_FUNCS][i % PCI_FUNCS])
			slots |= BIT(i / PCI_FUNCS);
	return slots;
}

u32 pci_bus_lpc(const struct pci_bus *pci)
{
	u32 i;

	for (i = 0; i < PCI_SLOTS; i++)
		if (pci->dev[i][0] &&
		    pci_get(pci->dev[i][0], PCI_CLASS, 3) == PCI_CLASS_ISA)
			return i;
	return PCI_SLOTS - 1;
}
