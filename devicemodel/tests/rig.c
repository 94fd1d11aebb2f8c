/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/rig.h"

#include <errno.h>
#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#define SLOT      3
#define MSIX_CAP  0x11
#define WAIT_S    20
#define QUEUES_AT 0x1000

static int rig_msi(struct vmm *vmm, const struct acrn_msi_entry *msi)
{
	struct rig *r = (struct rig *)vmm;

	if (msi->msi_data >= 0x40 && msi->msi_data < 0x40 + RIG_VECTORS)
		r->irqs[msi->msi_data - 0x40]++;
	return 0;
}

/* As the kernel: one entry a descriptor, no two at one address. */
static int rig_ioeventfd(struct vmm *vmm, const struct acrn_ioeventfd *args)
{
	struct rig *r = (struct rig *)vmm;
	uint32_t i;

	if (!r->events)
		return -ENOTTY;
	for (i = 0; i < r->wires; i++) {
		if (!(args->flags & ACRN_IOEVENTFD_FLAG_DEASSIGN) &&
		    r->wire[i].addr == args->addr)
			return -EEXIST;
		if (!(args->flags & ACRN_IOEVENTFD_FLAG_DEASSIGN) ||
		    r->wire[i].fd != args->fd)
			continue;
		r->wire[i] = r->wire[--r->wires];
		return 0;
	}
	if (args->flags & ACRN_IOEVENTFD_FLAG_DEASSIGN)
		return 0;
	if (r->wires == RIG_EVENTS)
		return -ENOSPC;
	r->wire[r->wires++] = *args;
	return 0;
}

static int rig_irqfd(struct vmm *vmm, const struct acrn_irqfd *args)
{
	struct rig *r = (struct rig *)vmm;
	uint32_t i;

	if (!r->events)
		return -ENOTTY;
	r->irqfd_calls++;
	for (i = 0; i < r->irqfds && r->irqfd[i].fd != args->fd; i++)
		;
	if (args->flags & ACRN_IRQFD_FLAG_DEASSIGN) {
		if (i < r->irqfds)
			r->irqfd[i] = r->irqfd[--r->irqfds];
		return 0;
	}
	if (i < r->irqfds)
		return -EBUSY;
	if (i == RIG_VECTORS)
		return -ENOSPC;
	r->irqfd[r->irqfds++] = *args;
	return 0;
}

static void make_bus(struct rig *r)
{
	mock_init(&r->mock);
	r->ops = *r->mock.vmm.ops;
	r->ops.msi = rig_msi;
	r->ops.ioeventfd = rig_ioeventfd;
	r->ops.irqfd = rig_irqfd;
	r->mock.vmm.ops = &r->ops;
	bus_init(&r->pio, 0x10000);
	bus_init(&r->mmio, 0);
	r->pci.pio = &r->pio;
	r->pci.mmio = &r->mmio;
	r->pci.vmm = &r->mock.vmm;
	r->pci.mem = &r->mem;
	r->pci.loop = &r->loop;
	r->next = QUEUES_AT;
}

int rig_open(struct rig *r, const char *device, const char *opts)
{
	struct vm_config cfg = { .slot_count = 1 };
	int rc;

	memset(r, 0, sizeof(*r));
	make_bus(r);
	r->ram = mmap(NULL, RIG_RAM, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (r->ram == MAP_FAILED || event_loop_init(&r->loop))
		abort();
	guest_mem_split(&r->mem, RIG_RAM);
	guest_mem_add(&r->mem, GPA(0), RIG_RAM, r->ram);
	cfg.slots[0].slot = SLOT;
	strcpy(cfg.slots[0].device, device);
	cfg.slots[0].opts = opts;
	rc = pci_bus_init(&r->pci);
	if (!rc)
		rc = pci_bus_populate(&r->pci, &cfg, &r->err);
	if (rc) {
		rig_close(r);
		return rc;
	}
	rig_cfg_write(r, PCI_COMMAND, 2, PCI_CMD_MEM | PCI_CMD_MASTER);
	r->bar = rig_cfg_read(r, PCI_BAR0, 4) & ~0xfU;
	return 0;
}

void rig_close(struct rig *r)
{
	pci_bus_free(&r->pci);
	event_loop_free(&r->loop);
	bus_free(&r->pio);
	bus_free(&r->mmio);
	munmap(r->ram, RIG_RAM);
}

uint32_t rig_cfg_read(struct rig *r, uint32_t reg, uint32_t size)
{
	return pci_cfg_read(&r->pci, SLOT, 0, reg, size);
}

void rig_cfg_write(struct rig *r, uint32_t reg, uint32_t size, uint32_t val)
{
	pci_cfg_write(&r->pci, SLOT, 0, reg, size, val);
}

static uint32_t find_cap(struct rig *r, uint8_t id, uint8_t type)
{
	uint32_t at = rig_cfg_read(r, PCI_CAP_PTR, 1);

	for (; at; at = rig_cfg_read(r, at + 1, 1))
		if (rig_cfg_read(r, at, 1) == id &&
		    (!type || rig_cfg_read(r, at + 3, 1) == type))
			break;
	return at;
}

uint32_t rig_find_cap(struct rig *r, uint8_t type)
{
	return find_cap(r, 0x09, type);
}

uint64_t rig_read(struct rig *r, uint32_t off, uint32_t size)
{
	return bus_read(&r->mmio, r->bar + off, size);
}

void rig_write(struct rig *r, uint32_t off, uint32_t size, uint64_t val)
{
	bus_write(&r->mmio, r->bar + off, size, val);
}

uint64_t rig_features(struct rig *r)
{
	uint64_t low;

	rig_write(r, VIRTIO_PCI_COMMON_DFSELECT, 4, 0);
	low = rig_read(r, VIRTIO_PCI_COMMON_DF, 4);
	rig_write(r, VIRTIO_PCI_COMMON_DFSELECT, 4, 1);
	return low | rig_read(r, VIRTIO_PCI_COMMON_DF, 4) << 32;
}

uint8_t rig_negotiate(struct rig *r, uint64_t features)
{
	rig_write(r, VIRTIO_PCI_COMMON_STATUS, 1, 0);
	r->next = QUEUES_AT;
	rig_write(r, VIRTIO_PCI_COMMON_STATUS, 1, S_ACK);
	rig_write(r, VIRTIO_PCI_COMMON_STATUS, 1, S_ACK | S_DRIVER);
	rig_write(r, VIRTIO_PCI_COMMON_GFSELECT, 4, 0);
	rig_write(r, VIRTIO_PCI_COMMON_GF, 4, features & 0xffffffff);
	rig_write(r, VIRTIO_PCI_COMMON_GFSELECT, 4, 1);
	rig_write(r, VIRTIO_PCI_COMMON_GF, 4, features >> 32);
	rig_write(r, VIRTIO_PCI_COMMON_STATUS, 1,
		  S_ACK | S_DRIVER | S_FEATURES_OK);
	return (uint8_t)rig_read(r, VIRTIO_PCI_COMMON_STATUS, 1);
}

static void write_u64(struct rig *r, uint32_t off, uint64_t val)
{
	rig_write(r, off, 4, val & 0xffffffff);
	rig_write(r, off + 4, 4, val >> 32);
}

void rig_queue(struct rig *r, uint16_t index, uint16_t size, bool event_idx)
{
	struct driver_queue *q = &r->q[index];

	r->next = driver_init(q, &r->mem, align_up(r->next, 4096), size,
			      event_idx);
	rig_write(r, VIRTIO_PCI_COMMON_Q_SELECT, 2, index);
	rig_write(r, VIRTIO_PCI_COMMON_Q_SIZE, 2, size);
	rig_write(r, VIRTIO_PCI_COMMON_Q_MSIX, 2, index + 1U);
	write_u64(r, VIRTIO_PCI_COMMON_Q_DESCLO, q->desc_at);
	write_u64(r, VIRTIO_PCI_COMMON_Q_AVAILLO, q->avail_at);
	write_u64(r, VIRTIO_PCI_COMMON_Q_USEDLO, q->used_at);
	rig_write(r, VIRTIO_PCI_COMMON_Q_ENABLE, 2, 1);
}

void rig_msix(struct rig *r)
{
	uint32_t cap = find_cap(r, MSIX_CAP, 0), v, n;

	n = (rig_cfg_read(r, cap + 2, 2) & 0x7ff) + 1;
	for (v = 0; v < n; v++) {
		rig_write(r, RIG_MSIX + 16 * v, 4, 0xfee00000);
		rig_write(r, RIG_MSIX + 16 * v + 8, 4, 0x40 + v);
		rig_write(r, RIG_MSIX + 16 * v + 12, 4, 0);
	}
	rig_cfg_write(r, cap + 2, 2, 0x8000);
	rig_write(r, VIRTIO_PCI_COMMON_MSIX, 2, 0);
}

void rig_driver_ok(struct rig *r)
{
	rig_write(r, VIRTIO_PCI_COMMON_STATUS, 1,
		  S_ACK | S_DRIVER | S_FEATURES_OK | S_DRIVER_OK);
}

void rig_bring_up(struct rig *r, uint64_t features, uint16_t n)
{
	bool event_idx = features & BIT64(VIRTIO_RING_F_EVENT_IDX);
	uint16_t i;

	if (rig_negotiate(r, features) != (S_ACK | S_DRIVER | S_FEATURES_OK))
		abort();
	rig_msix(r);
	for (i = 0; i < n; i++)
		rig_queue(r, i, 64, event_idx);
	rig_driver_ok(r);
	rig_poll(r);
}

void rig_kick(struct rig *r, uint16_t index)
{
	if (driver_publish(&r->q[index]))
		rig_write(r, RIG_NOTIFY + 4U * index, 2, index);
}

void rig_poll(struct rig *r)
{
	while (event_loop_poll(&r->loop, 0) > 0)
		;
}

uint32_t rig_wait(struct rig *r, uint16_t index, uint16_t *head)
{
	const struct timespec nap = { 0, 20000 };
	time_t end = time(NULL) + WAIT_S;
	uint32_t len = 0;

	while (!driver_take(&r->q[index], head, &len)) {
		if (time(NULL) > end)
			abort();
		nanosleep(&nap, NULL);
	}
	return len;
}
