/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A driver of virtio devices that does everything right up to DRIVER_OK, and
 * then all that is wrong: loops, addresses outside of memory, tables in
 * device memory, indexes that jump, rings that change while they are read.
 * VIRTIO 1.2, 2.7 and 4.1.
 */
#include "hostile/hostile.h"
#include "kit/pci.h"
#include "kit/test.h"
#include "kit/trap.h"
#include "lib/string.h"

#define SHOTS         100
#define VIRTIO_VENDOR 0x1af4
#define SLOTS         8
#define QUEUES        6
#define QUEUE_SIZE    64
#define QUEUE_STEP    0x4000UL
#define AVAIL_OFF     0x1000UL
#define USED_OFF      0x2000UL

/* Common configuration, 4.1.4.3. */
#define C_DRIVER_SELECT 0x08
#define C_DRIVER_BITS   0x0c
#define C_STATUS        0x14
#define C_QUEUE_SELECT  0x16
#define C_QUEUE_SIZE    0x18
#define C_QUEUE_VECTOR  0x1a
#define C_QUEUE_ENABLE  0x1c
#define C_QUEUE_DESC    0x20
#define C_QUEUE_AVAIL   0x28
#define C_QUEUE_USED    0x30
#define NOTIFY_OFF      0x3000UL
#define BAR_SIZE        0x8000UL

#define S_ALL_BUT_OK 0x0b
#define S_ALL        0x0f

struct desc {
	u64 addr;
	u32 len;
	u16 flags;
	u16 next;
};

static struct {
	u64 bar;
	u32 bdf;
} dev;

static void put32(u64 off, u32 val)
{
	*(volatile u32 *)(uintptr_t)(dev.bar + off) = val;
}

static void put16(u64 off, u16 val)
{
	*(volatile u16 *)(uintptr_t)(dev.bar + off) = val;
}

static void put8(u64 off, u8 val)
{
	*(volatile u8 *)(uintptr_t)(dev.bar + off) = val;
}

static void put64(u64 off, u64 val)
{
	put32(off, (u32)val);
	put32(off + 4, (u32)(val >> 32));
}

static u64 ring_of(u32 queue)
{
	return RINGS + queue * QUEUE_STEP;
}

static bool find_device(u32 slot)
{
	u64 bar;

	dev.bdf = slot << 3;
	if ((pci_read(dev.bdf, PCI_VENDOR) & 0xffff) != VIRTIO_VENDOR)
		return false;
	/* The part that moves BARs has been here: put it back in its window. */
	bar = 0x90000000UL + slot * 0x100000;
	pci_write(dev.bdf, PCI_COMMAND, 0);
	pci_write(dev.bdf, PCI_BAR0, (u32)bar);
	pci_write(dev.bdf, PCI_BAR0 + 4, 0);
	pci_write(dev.bdf, PCI_COMMAND, PCI_MEMORY | PCI_MASTER);
	if ((pci_read(dev.bdf, PCI_BAR0) & ~0xfU) != bar)
		return false;
	dev.bar = bar;
	return true;
}

static void set_up_queue(u32 queue)
{
	put16(C_QUEUE_SELECT, (u16)queue);
	put16(C_QUEUE_SIZE, QUEUE_SIZE);
	put16(C_QUEUE_VECTOR, (u16)rnd(4));
	put64(C_QUEUE_DESC, rnd(12) ? ring_of(queue) : random_place());
	put64(C_QUEUE_AVAIL,
	      rnd(12) ? ring_of(queue) + AVAIL_OFF : random_place());
	put64(C_QUEUE_USED,
	      rnd(12) ? ring_of(queue) + USED_OFF : random_place());
	put16(C_QUEUE_ENABLE, 1);
}

static void bring_up(void *arg)
{
	(void)arg;
	put8(C_STATUS, 0);
	put8(C_STATUS, 3);
	put32(C_DRIVER_SELECT, 0);
	put32(C_DRIVER_BITS, rnd(3) ? 0x30000000 : (u32)random_value());
	put32(C_DRIVER_SELECT, 1);
	put32(C_DRIVER_BITS, rnd(8) ? 1 : (u32)random_value());
	put8(C_STATUS, S_ALL_BUT_OK);
	for (u32 q = 0; q < QUEUES; q++)
		set_up_queue(q);
	put8(C_STATUS, S_ALL);
}

/* A request that a disk understands, with what may be wrong about it. */
static struct desc random_desc(u32 index)
{
	struct desc d = {
		.addr = RINGS + RINGS_SIZE / 2 + rnd(RINGS_SIZE / 2),
		.len = rnd(3) ? 16U << rnd(8) : (u32)random_value(),
		.flags = (u16)(rnd(4) ? rnd(4) : rnd(8)),
		.next = (u16)(index + 1),
	};

	if (rnd(4) == 0)
		d.addr = random_place();
	if (rnd(8) == 0)
		d.next = (u16)random_value();
	if (d.flags & 4 && rnd(2))
		d.len &= ~0xfU;
	return d;
}

static void scramble_ring(u32 queue)
{
	struct desc *d = (void *)(uintptr_t)ring_of(queue);
	u16 *avail = (void *)(uintptr_t)(ring_of(queue) + AVAIL_OFF);
	u32 *header = (void *)(uintptr_t)(RINGS + RINGS_SIZE / 2);

	for (u32 i = 0; i < QUEUE_SIZE; i++)
		d[i] = random_desc(i);
	for (u32 i = 0; i < 64; i++)
		header[rnd(RINGS_SIZE / 8)] = (u32)rnd(16);
	avail[0] = (u16)rnd(2);
	for (u32 i = 2; i < 2 + QUEUE_SIZE; i++)
		avail[i] = (u16)rnd(rnd(16) ? QUEUE_SIZE : 0x10000);
	avail[1] = (u16)(avail[1] + rnd(rnd(8) ? 16 : 0x10000));
}

static void shoot_virtio(void *arg)
{
	u32 queue = (u32)rnd(QUEUES);

	(void)arg;
	switch (rnd(16)) {
	case 0:
		put32(rnd(BAR_SIZE) & ~3UL, (u32)random_value());
		return;
	case 1:
		put8(C_STATUS, (u8)random_value());
		return;
	case 2:
		set_up_queue(queue);
		return;
	case 3:
		put32(0x4000 + rnd(64) * 4, (u32)random_value());
		return;
	case 4:
		bring_up(NULL);
		return;
	default:
		scramble_ring(queue);
		put16(NOTIFY_OFF + 4 * queue, (u16)queue);
	}
}

void fire_virtio(void)
{
	u32 slot = (u32)rnd(SLOTS);

	for (u32 i = 0; i < SLOTS && !find_device(slot); i++)
		slot = (slot + 1) % SLOTS;
	if (!dev.bar)
		return;
	fire(bring_up, NULL);
	for (u32 i = 0; i < SHOTS; i++)
		fire(shoot_virtio, NULL);
}
