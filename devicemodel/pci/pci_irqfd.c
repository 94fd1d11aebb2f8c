/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MSI-X through events: the kernel injects a vector's message when its
 * eventfd is signalled. The kernel is told a message when it is first sent
 * and again after the guest has changed it: one that is never sent costs
 * nothing, and a stale one cannot be.
 */
#include "pci/pci.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

static int irqfd_ioctl(struct pci_dev *dev, const struct pci_irqfd *f,
		       u32 flags)
{
	struct vmm *vmm = dev->bus->vmm;
	const struct acrn_irqfd args = { .fd = f->fd,
					 .flags = flags,
					 .msi = f->msi };

	return vmm->ops->irqfd ? vmm->ops->irqfd(vmm, &args) : -ENOTTY;
}

static void irqfd_unwire(struct pci_dev *dev, struct pci_irqfd *f)
{
	if (f->wired)
		irqfd_ioctl(dev, f, ACRN_IRQFD_FLAG_DEASSIGN);
	f->wired = false;
}

static bool irqfd_wire(struct pci_dev *dev, struct pci_irqfd *f,
		       const struct acrn_msi_entry *msi)
{
	if (f->wired && f->msi.msi_addr == msi->msi_addr &&
	    f->msi.msi_data == msi->msi_data)
		return true;
	irqfd_unwire(dev, f);
	if (!f->open) {
		f->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
		f->open = f->fd >= 0;
	}
	f->msi = *msi;
	f->wired = f->open && !irqfd_ioctl(dev, f, 0);
	return f->wired;
}

bool pci_irqfd_send(struct pci_dev *dev, u32 vector,
		    const struct acrn_msi_entry *msi)
{
	struct pci_irqfd *f = &dev->irqfd[vector];
	const u64 one = 1;
	bool sent;

	pthread_mutex_lock(&dev->bus->lock);
	sent = irqfd_wire(dev, f, msi) &&
	       write(f->fd, &one, sizeof(one)) == sizeof(one);
	pthread_mutex_unlock(&dev->bus->lock);
	return sent;
}

void pci_irqfd_free(struct pci_dev *dev)
{
	u32 v;

	for (v = 0; dev->irqfd && v < dev->msix_count; v++) {
		irqfd_unwire(dev, &dev->irqfd[v]);
		if (dev->irqfd[v].open)
			close(dev->irqfd[v].fd);
	}
	free(dev->irqfd);
	dev->irqfd = NULL;
}
