/* SPDX-License-Identifier: BSD-2-Clause */
/* One function's configuration space. */
#include "pci/pci.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HEADER_MULTI 0x80

void pci_put(struct pci_dev *dev, u32 off, u32 size, u32 val)
{
	memcpy(dev->cfg + off, &val, size); /* both little-endian */
}

u32 pci_get(const struct pci_dev *dev, u32 off, u32 size)
{
	u32 val = 0;

	memcpy(&val, dev->cfg + off, size);
	return val;
}

void pci_set_writable(struct pci_dev *dev, u32 off, u32 size, u32 mask)
{
	memcpy(dev->writable + off, &mask, size);
}

struct pci_dev *pci_dev_create(struct pci_bus *pci, u8 slot, u8 func,
			       const struct pci_ids *ids)
{
	struct pci_dev *dev = calloc(1, sizeof(*dev));

	if (!dev)
		return NULL;
	dev->bus = pci;
	dev->slot = slot;
	dev->func = func;
	dev->cfg_used = PCI_FIRST_CAP;
	pci_put(dev, PCI_VENDOR, 2, ids->vendor);
	pci_put(dev, PCI_DEVICE, 2, ids->device);
	pci_put(dev, PCI_REVISION, 1, ids->revision);
	pci_put(dev, PCI_CLASS, 3, ids->class);
	pci_set_writable(dev, PCI_COMMAND, 2,
			 PCI_CMD_IO | PCI_CMD_MEM | PCI_CMD_MASTER |
				 PCI_CMD_NO_INTX);
	pci_set_writable(dev, PCI_INT_LINE, 1, 0xff);
	pci->dev[slot][func] = dev;
	return dev;
}

void pci_dev_free(struct pci_dev *dev)
{
	if (dev->ops && dev->ops->destroy)
		dev->ops->destroy(dev);
	pci_bar_unmap_all(dev);
	pci_irqfd_free(dev);
	dev->bus->dev[dev->slot][dev->func] = NULL;
	free(dev->msix);
	free(dev->msix_pending);
	free(dev);
}

u8 pci_cap_add(struct pci_dev *dev, u8 id, u8 len)
{
	u32 at = dev->cfg_used;

	if (at + len > PCI_CFG_SIZE)
		return 0;
	pci_put(dev, at, 1, id);
	if (dev->last_cap)
		pci_put(dev, dev->last_cap + 1U, 1, at);
	else
		pci_put(dev, PCI_CAP_PTR, 1, at);
	pci_put(dev, PCI_STATUS, 2, pci_get(dev, PCI_STATUS, 2) | PCI_STS_CAPS);
	dev->last_cap = (u8)at;
	dev->cfg_used = (u32)align_up(at + len, 4);
	return (u8)at;
}

/* Guests look at functions above 0 only if function 0 says there are some. */
void pci_dev_seal(struct pci_dev *dev)
{
	struct pci_dev *first = dev->bus->dev[dev->slot][0];

	memcpy(dev->power_on, dev->cfg, sizeof(dev->cfg));
	if (dev->func && first) {
		first->cfg[PCI_HEADER_TYPE] |= HEADER_MULTI;
		first->power_on[PCI_HEADER_TYPE] |= HEADER_MULTI;
	}
}
