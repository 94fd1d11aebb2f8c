/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts of PCI functions: INTx lines, MSI and MSI-X. PCI 3.0, 6.8. */
#include "pci/pci.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CAP_MSI            0x05
#define CAP_MSIX           0x11
#define MSI_LEN            14
#define MSI_CTRL           2
#define MSI_ADDR           4
#define MSI_ADDR_HI        8
#define MSI_DATA           12
#define MSI_CTRL_ENABLE    BIT(0)
#define MSI_CTRL_MULTI     0x70U
#define MSI_CTRL_64        BIT(7)
#define MSIX_LEN           12
#define MSIX_CTRL          2
#define MSIX_TABLE         4
#define MSIX_PBA           8
#define MSIX_CTRL_ENABLE   BIT(15)
#define MSIX_CTRL_MASK_ALL BIT(14)
#define MSIX_ENTRY_SIZE    sizeof(struct pci_msix_entry)
#define MSIX_ENTRY_MASKED  BIT(0)
#define MSIX_MAX           2048U
static_assert(sizeof(struct pci_msix_entry) == 16, "PCI 3.0, figure 6-11");

/* Slots and pins are spread over the eight lines; acpi/dsdt.c says the same.
 */
static u32 line_of(const struct pci_dev *dev)
{
	return (dev->slot + dev->cfg[PCI_INT_PIN] - 1U) & (PCI_GSI_COUNT - 1);
}

/* A line is high while anyone drives it. Called with the lock held. */
static void drive_line(struct pci_dev *dev)
{
	struct pci_bus *pci = dev->bus;
	bool want = dev->intx_level &&
		    !(pci_get(dev, PCI_COMMAND, 2) & PCI_CMD_NO_INTX);
	u32 line = line_of(dev), before = pci->line_users[line];

	if (want == dev->intx_driven)
		return;
	dev->intx_driven = want;
	pci->line_users[line] = want ? before + 1 : before - 1;
	if (want && before == 0)
		pci->vmm->ops->irqline(pci->vmm, PCI_GSI_BASE + line,
				       IRQLINE_HIGH);
	else if (!want && before == 1)
		pci->vmm->ops->irqline(pci->vmm, PCI_GSI_BASE + line,
				       IRQLINE_LOW);
}

void pci_intx_init(struct pci_dev *dev)
{
	pci_put(dev, PCI_INT_PIN, 1, 1);
	pci_put(dev, PCI_INT_LINE, 1, PCI_GSI_BASE + line_of(dev));
}

void pci_intx_set(struct pci_dev *dev, bool level)
{
	u32 status;

	if (!dev->cfg[PCI_INT_PIN])
		return;
	pthread_mutex_lock(&dev->bus->lock);
	status = pci_get(dev, PCI_STATUS, 2) & ~PCI_STS_INTX;
	pci_put(dev, PCI_STATUS, 2, status | (level ? PCI_STS_INTX : 0));
	dev->intx_level = level;
	drive_line(dev);
	pthread_mutex_unlock(&dev->bus->lock);
}

void pci_intx_update(struct pci_dev *dev)
{
	if (!dev->cfg[PCI_INT_PIN])
		return;
	pthread_mutex_lock(&dev->bus->lock);
	drive_line(dev);
	pthread_mutex_unlock(&dev->bus->lock);
}

static void send_msi(struct pci_dev *dev, u64 addr, u32 data)
{
	struct acrn_msi_entry msi = { .msi_addr = addr, .msi_data = data };

	/* A message the hypervisor refuses is lost, as on a real bus. */
	dev->bus->vmm->ops->msi(dev->bus->vmm, &msi);
}

int pci_msi_init(struct pci_dev *dev)
{
	u32 cap = pci_cap_add(dev, CAP_MSI, MSI_LEN);

	if (!cap)
		return -ENOSPC;
	dev->msi_cap = (u8)cap;
	pci_put(dev, cap + MSI_CTRL, 2, MSI_CTRL_64);
	pci_set_writable(dev, cap + MSI_CTRL, 2,
			 MSI_CTRL_ENABLE | MSI_CTRL_MULTI);
	pci_set_writable(dev, cap + MSI_ADDR, 4, 0xfffffffc);
	pci_set_writable(dev, cap + MSI_ADDR_HI, 4, 0xffffffff);
	pci_set_writable(dev, cap + MSI_DATA, 2, 0xffff);
	return 0;
}

bool pci_msi_notify(struct pci_dev *dev)
{
	u32 cap = dev->msi_cap, data;
	bool on;
	u64 addr;

	if (!cap)
		return false;
	pthread_mutex_lock(&dev->bus->lock);
	on = pci_get(dev, cap + MSI_CTRL, 2) & MSI_CTRL_ENABLE;
	addr = pci_get(dev, cap + MSI_ADDR, 4) |
	       (u64)pci_get(dev, cap + MSI_ADDR_HI, 4) << 32;
	data = pci_get(dev, cap + MSI_DATA, 2);
	pthread_mutex_unlock(&dev->bus->lock);
	if (on)
		send_msi(dev, addr, data);
	return on;
}

static void msix_clear(struct pci_dev *dev)
{
	u32 i;

	memset(dev->msix, 0, dev->msix_count * MSIX_ENTRY_SIZE);
	memset(dev->msix_pending, 0, dev->msix_count);
	for (i = 0; i < dev->msix_count; i++)
		dev->msix[i].word[3] = MSIX_ENTRY_MASKED;
}

int pci_msix_init(struct pci_dev *dev, u32 bar, u32 count, u32 table, u32 pba)
{
	u32 cap;

	if (!count || count > MSIX_MAX || table % 8 || pba % 8)
		return -EINVAL;
	dev->msix = calloc(count, MSIX_ENTRY_SIZE);
	dev->msix_pending = calloc(count, 1);
	dev->irqfd = calloc(count, sizeof(*dev->irqfd));
	cap = pci_cap_add(dev, CAP_MSIX, MSIX_LEN);
	if (!dev->msix || !dev->msix_pending || !dev->irqfd || !cap)
		return -ENOMEM;
	dev->msix_cap = (u8)cap;
	dev->msix_count = count;
	dev->msix_table = table;
	dev->msix_pba = pba;
	msix_clear(dev);
	pci_put(dev, cap + MSIX_CTRL, 2, count - 1);
	pci_put(dev, cap + MSIX_TABLE, 4, table | bar);
	pci_put(dev, cap + MSIX_PBA, 4, pba | bar);
	pci_set_writable(dev, cap + MSIX_CTRL, 2,
			 MSIX_CTRL_ENABLE | MSIX_CTRL_MASK_ALL);
	return 0;
}

static u64 msix_table_len(const struct pci_dev *dev)
{
	return dev->msix_count * MSIX_ENTRY_SIZE;
}

static u64 msix_pba_len(const struct pci_dev *dev)
{
	return (dev->msix_count + 63) / 64 * 8;
}

bool pci_msix_owns(const struct pci_dev *dev, u64 off)
{
	return off - dev->msix_table < msix_table_len(dev) ||
	       off - dev->msix_pba < msix_pba_len(dev);
}

static u64 msix_pba_qword(const struct pci_dev *dev, u64 index)
{
	u64 bits = 0, i, v;

	for (i = 0; i < 64; i++) {
		v = index * 64 + i;
		if (v < dev->msix_count && dev->msix_pending[v])
			bits |= BIT64(i);
	}
	return bits;
}

u64 pci_msix_read(struct pci_dev *dev, u64 off, u32 size)
{
	u64 at, val = 0;

	/* PCI 3.0, 6.8.2: aligned dwords and qwords only. */
	if ((size != 4 && size != 8) || off % size)
		return size_mask(size);
	pthread_mutex_lock(&dev->bus->lock);
	at = off - dev->msix_table;
	if (at < msix_table_len(dev)) {
		memcpy(&val, (const u8 *)dev->msix + at, size);
	} else {
		at = off - dev->msix_pba;
		val = msix_pba_qword(dev, at / 8) >> (at % 8 * 8);
	}
	pthread_mutex_unlock(&dev->bus->lock);
	return val & size_mask(size);
}

/* Called with the lock held. */
static bool msix_masked(const struct pci_dev *dev, u32 vector)
{
	u32 ctrl = pci_get(dev, dev->msix_cap + MSIX_CTRL, 2);

	return (ctrl & MSIX_CTRL_MASK_ALL) || !(ctrl & MSIX_CTRL_ENABLE) ||
	       (dev->msix[vector].word[3] & MSIX_ENTRY_MASKED);
}

static void msix_send(struct pci_dev *dev, u32 vector,
		      const struct pci_msix_entry *e)
{
	const struct acrn_msi_entry msi = {
		.msi_addr = e->word[0] | (u64)e->word[1] << 32,
		.msi_data = e->word[2],
	};

	if (!pci_irqfd_send(dev, vector, &msi))
		send_msi(dev, msi.msi_addr, e->word[2]);
}

/* Raise a vector, or send what waits for it when only_pending. */
static void msix_fire(struct pci_dev *dev, u32 vector, bool only_pending)
{
	struct pci_msix_entry e;
	bool send;

	pthread_mutex_lock(&dev->bus->lock);
	send = !only_pending || dev->msix_pending[vector];
	if (send && msix_masked(dev, vector)) {
		dev->msix_pending[vector] = 1;
		send = false;
	} else if (send) {
		dev->msix_pending[vector] = 0;
	}
	e = dev->msix[vector];
	pthread_mutex_unlock(&dev->bus->lock);
	if (send)
		msix_send(dev, vector, &e);
}

void pci_msix_write(struct pci_dev *dev, u64 off, u32 size, u64 val)
{
	u64 at = off - dev->msix_table;

	if ((size != 4 && size != 8) || off % size || at >= msix_table_len(dev))
		return;
	pthread_mutex_lock(&dev->bus->lock);
	memcpy((u8 *)dev->msix + at, &val, size);
	pthread_mutex_unlock(&dev->bus->lock);
	msix_fire(dev, (u32)(at / MSIX_ENTRY_SIZE), true);
}

bool pci_msix_enabled(struct pci_dev *dev)
{
	bool on;

	if (!dev->msix_cap)
		return false;
	pthread_mutex_lock(&dev->bus->lock);
	on = pci_get(dev, dev->msix_cap + MSIX_CTRL, 2) & MSIX_CTRL_ENABLE;
	pthread_mutex_unlock(&dev->bus->lock);
	return on;
}

void pci_msix_notify(struct pci_dev *dev, u32 vector)
{
	if (vector < dev->msix_count && pci_msix_enabled(dev))
		msix_fire(dev, vector, false);
}

void pci_irq_cfg_written(struct pci_dev *dev, u32 off, u32 size)
{
	u32 ctrl = dev->msix_cap + MSIX_CTRL, v;

	if (off < PCI_COMMAND + 2)
		pci_intx_update(dev);
	if (!dev->msix_cap || off >= ctrl + 2 || off + size <= ctrl)
		return;
	for (v = 0; v < dev->msix_count; v++)
		msix_fire(dev, v, true);
}

void pci_irq_reset(struct pci_dev *dev)
{
	pci_intx_set(dev, false);
	if (!dev->msix_cap)
		return;
	pthread_mutex_lock(&dev->bus->lock);
	msix_clear(dev);
	pthread_mutex_unlock(&dev->bus->lock);
}
