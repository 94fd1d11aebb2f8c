/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Shared memory with doorbells, ivshmem version 2, for user space: a UIO
 * device, and an event for each doorbell or change of a state. Its maps:
 *
 *   registers    the page of BAR 0; a write there is one exit
 *   state_table  a word for each peer, read-only
 *   rw           what all may write; not there if it is empty
 *   output       a section for each peer, the own one writable; as rw
 *
 * The device is in one-shot mode: an event switches its interrupts off, until
 * user space writes 1 to its Interrupt Control, or to the file. So it
 * looks at the memory after it has switched them on, and misses nothing.
 * What is read-only here is so by the hypervisor, whatever is mapped. When the
 * device goes, so do the mappings: who touches one gets SIGBUS.
 */
#include <linux/fs.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/uio_driver.h>

#define IVSHMEM_VENDOR  0x110a
#define IVSHMEM_DEVICE  0x4106
#define IVSHMEM_VECTORS 16U

/* BAR 0 */
#define REG_PEERS   0x04
#define REG_CONTROL 0x08
#define REG_STATE   0x10

/* The vendor-specific capability. */
#define CAP_CONTROL    3
#define CAP_TABLE_SIZE 4
#define CAP_RW_SIZE    8
#define CAP_OUT_SIZE   16
#define CAP_BASE       24
#define ONE_SHOT       1

enum { MAP_REGS, MAP_TABLE, MAP_FIRST_SECTION };

struct uio_link {
	struct uio_info info;
	struct pci_dev *dev;
	void __iomem *regs;
	int vectors;
	/* UIO's lock guards these. */
	unsigned int users;  /* open files */
	struct inode *inode; /* of all of them; NULL before the first */
};

static int link_irqcontrol(struct uio_info *info, s32 on)
{
	struct uio_link *l = info->priv;

	writel(!!on, l->regs + REG_CONTROL);
	return 0;
}

/* Nobody serves it now, and the peers are told. */
static void link_quiet(struct uio_link *l)
{
	writel(0, l->regs + REG_CONTROL);
	writel(0, l->regs + REG_STATE);
}

/* By one node only: its mappings are found by it, when the device goes. */
static int link_open(struct uio_info *info, struct inode *inode)
{
	struct uio_link *l = info->priv;

	if (!l->inode)
		l->inode = igrab(inode);
	if (l->inode != inode)
		return -EBUSY;
	l->users++;
	return 0;
}

static int link_release(struct uio_info *info, struct inode *inode)
{
	struct uio_link *l = info->priv;

	if (--l->users == 0)
		link_quiet(l);
	return 0;
}

/* Nobody opens or maps it any more; the memory is about to be others'. */
static void unmap_all(struct uio_link *l)
{
	if (!l->inode)
		return;
	unmap_mapping_range(l->inode->i_mapping, 0, 0, 1);
	iput(l->inode);
}

static irqreturn_t link_interrupt(int irq, void *data)
{
	struct uio_link *l = data;

	uio_event_notify(&l->info);
	return IRQ_HANDLED;
}

static u64 cap_read64(struct pci_dev *dev, int at)
{
	u32 low = 0, high = 0;

	pci_read_config_dword(dev, at, &low);
	pci_read_config_dword(dev, at + 4, &high);
	return (u64)high << 32 | low;
}

static void set_map(struct uio_link *l, int i, const char *name, u64 addr,
		    u64 size)
{
	struct uio_mem *m = &l->info.mem[i];

	m->name = name;
	m->addr = addr;
	m->size = size;
	/* Memory is mapped cached, registers are not. */
	m->memtype = i == MAP_REGS ? UIO_MEM_PHYS : UIO_MEM_IOVA;
}

static int find_maps(struct uio_link *l)
{
	int cap = pci_find_capability(l->dev, PCI_CAP_ID_VNDR);
	int next = MAP_FIRST_SECTION;
	u64 base, rw, out;
	u32 table;

	if (!cap)
		return -ENODEV;
	pci_read_config_dword(l->dev, cap + CAP_TABLE_SIZE, &table);
	rw = cap_read64(l->dev, cap + CAP_RW_SIZE);
	out = cap_read64(l->dev, cap + CAP_OUT_SIZE);
	base = cap_read64(l->dev, cap + CAP_BASE);
	out *= readl(l->regs + REG_PEERS);
	set_map(l, MAP_REGS, "registers", pci_resource_start(l->dev, 0),
		pci_resource_len(l->dev, 0));
	set_map(l, MAP_TABLE, "state_table", base, table);
	/* UIO's list of maps ends at the first one that is empty. */
	if (rw)
		set_map(l, next++, "rw", base + table, rw);
	if (out)
		set_map(l, next, "output", base + table + rw, out);
	pci_write_config_byte(l->dev, cap + CAP_CONTROL, ONE_SHOT);
	return 0;
}

static void free_interrupts(struct uio_link *l, int n)
{
	while (n-- > 0)
		free_irq(pci_irq_vector(l->dev, n), l);
	pci_free_irq_vectors(l->dev);
}

static int request_interrupts(struct uio_link *l)
{
	int i, ret;

	l->vectors =
		pci_alloc_irq_vectors(l->dev, 1, IVSHMEM_VECTORS, PCI_IRQ_MSIX);
	if (l->vectors < 0)
		return l->vectors;
	for (i = 0; i < l->vectors; i++) {
		ret = request_irq(pci_irq_vector(l->dev, i), link_interrupt, 0,
				  "uio_holm", l);
		if (!ret)
			continue;
		free_interrupts(l, i);
		return ret;
	}
	return 0;
}

static int link_probe(struct pci_dev *dev, const struct pci_device_id *id)
{
	struct uio_link *l = devm_kzalloc(&dev->dev, sizeof(*l), GFP_KERNEL);
	int ret;

	if (!l)
		return -ENOMEM;
	l->dev = dev;
	ret = pcim_enable_device(dev);
	if (ret)
		return ret;
	l->regs = pcim_iomap(dev, 0, 0);
	if (!l->regs)
		return -ENOMEM;
	ret = find_maps(l);
	if (ret)
		return ret;
	l->info.name = "uio_holm";
	l->info.version = "1";
	l->info.irq = UIO_IRQ_CUSTOM;
	l->info.irqcontrol = link_irqcontrol;
	l->info.open = link_open;
	l->info.release = link_release;
	l->info.priv = l;
	pci_set_drvdata(dev, l);
	ret = uio_register_device(&dev->dev, &l->info);
	if (ret)
		return ret;
	pci_set_master(dev);
	ret = request_interrupts(l);
	if (ret) {
		uio_unregister_device(&l->info);
		unmap_all(l);
		dev_err(&dev->dev, "no MSI-X vectors for doorbells: %d\n", ret);
	}
	return ret;
}

static void link_remove(struct pci_dev *dev)
{
	struct uio_link *l = pci_get_drvdata(dev);

	link_quiet(l);
	free_interrupts(l, l->vectors);
	uio_unregister_device(&l->info);
	unmap_all(l);
	pci_clear_master(dev);
}

static const struct pci_device_id link_ids[] = {
	{ PCI_DEVICE(IVSHMEM_VENDOR, IVSHMEM_DEVICE) }, {}
};
MODULE_DEVICE_TABLE(pci, link_ids);

static struct pci_driver link_driver = {
	.name = "uio_holm",
	.id_table = link_ids,
	.probe = link_probe,
	.remove = link_remove,
};
module_pci_driver(link_driver);

MODULE_DESCRIPTION("Shared memory with doorbells between cells and Linux");
MODULE_LICENSE("Dual BSD/GPL");
