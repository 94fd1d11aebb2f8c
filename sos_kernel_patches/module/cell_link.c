/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Shared-memory devices of cells in this kernel: a function on bus 0 that the
 * hypervisor shows while there is a link with the Service VM. Linux learns of
 * it, and of its end, here: there is no hot-plug event.
 */
#include <linux/pci.h>

#include "abi/holm.h"
#include "cell.h"

static bool is_link(const struct pci_dev *dev)
{
	return dev->vendor == HOLM_LINK_VENDOR &&
	       dev->device == HOLM_LINK_DEVICE;
}

static bool is_gone(struct pci_dev *dev)
{
	u32 id = 0;

	pci_read_config_dword(dev, PCI_VENDOR_ID, &id);
	return id == ~0U;
}

/**
 * hsm_cell_links_update() - devices that came and that went
 * @cell: was made, or is gone; the caller has the lock of the cells
 *
 * Nothing to do for cells without shared memory.
 */
void hsm_cell_links_update(const struct hsm_cell *cell)
{
	const struct holm_cell_record *r = NULL;
	struct pci_bus *bus = pci_find_bus(0, 0);
	struct pci_dev *dev, *next;

	while ((r = hsm_cell_desc_next(cell->desc, r)))
		if (r->type == HOLM_CELL_R_IVSHMEM)
			break;
	if (!r || !bus)
		return;
	pci_lock_rescan_remove();
	list_for_each_entry_safe(dev, next, &bus->devices, bus_list)
	{
		if (is_link(dev) && is_gone(dev))
			pci_stop_and_remove_bus_device(dev);
	}
	pci_rescan_bus(bus);
	pci_unlock_rescan_remove();
}
