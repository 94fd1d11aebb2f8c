/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a User VM pays for the device model: started by acrn-dm in a Linux
 * Service VM, with a virtio-rnd in slot 5. In TSC ticks, which under QEMU's
 * `-icount shift=0` are instructions of all CPUs together; nothing spins and
 * nothing else runs, so a round trip's ticks are what it costs in sum.
 * `make bench` runs it; nothing is judged here. See doc/bench.md.
 */
#include "kit/pci.h"
#include "kit/test.h"

#define ROUNDS  1000U
#define WARM_UP 32U

#define UART_SCRATCH 0x3ff       /* COM1's scratch register, claimed */
#define NOBODYS_PORT 0x9100      /* in the device model, claimed by nobody */
#define NOBODYS_GPA  0xd8000000U /* likewise, between the windows */

/* VIRTIO 1.2, 4.1: the function, its structures, the queue's set-up. */
#define VIRTIO_RNG        (0x1af4U | 0x1044U << 16)
#define CAP_VENDOR        0x09
#define CAP_NOTIFY        2
#define COMMON_GUEST_SEL  0x08
#define COMMON_GUEST_FEAT 0x0c
#define COMMON_STATUS     0x14
#define COMMON_QUEUE_SIZE 0x18
#define COMMON_QUEUE_ON   0x1c
#define COMMON_QUEUE_AT   0x20 /* descriptors, driver, device; 8 bytes each */
#define STATUS_FOUND      0x03
#define STATUS_FEATURES   0x0b
#define STATUS_LIVE       0x0f
#define QUEUE_SIZE        8

/* Between requests that do not follow each other: several timer ticks. */
#define LONE_TICKS  20000000U
#define LONE_ROUNDS 20U

/* Long enough for the other side to be asleep again. */
#define QUIET_TICKS 200000U

static u8 rings[3][PAGE_SIZE] __aligned(4096);
static u32 bar;
static u32 doorbell;

static void op_nothing(void)
{
	__asm__ volatile("" : : : "memory");
}

static void op_port_nobody(void)
{
	(void)x86_inl(NOBODYS_PORT);
}

static void op_port_device(void)
{
	(void)x86_inb(UART_SCRATCH);
}

static void op_port_out(void)
{
	x86_outb(UART_SCRATCH, 0);
}

static u32 read32(u32 at)
{
	return *(volatile u32 *)(uintptr_t)at;
}

static void write32(u32 at, u32 val)
{
	*(volatile u32 *)(uintptr_t)at = val;
}

static void op_mmio_nobody(void)
{
	(void)read32(NOBODYS_GPA);
}

static void op_mmio_device(void)
{
	(void)read32(bar + COMMON_GUEST_SEL);
}

static const struct {
	const char *name;
	void (*op)(void);
} trips[] = {
	{ "port read, nobody's", op_port_nobody },
	{ "port read, UART", op_port_device },
	{ "port write, UART", op_port_out },
	{ "mmio read, nobody's", op_mmio_nobody },
	{ "mmio read, virtio", op_mmio_device },
};

static u64 ticks(void (*op)(void), u32 rounds)
{
	u64 start;

	for (u32 i = 0; i < WARM_UP; i++)
		op();
	start = x86_rdtsc();
	for (u32 i = 0; i < rounds; i++)
		op();
	return x86_rdtsc() - start;
}

/* Twice as many, less once: what comes only once is not in it. */
static u64 per_op(void (*op)(void))
{
	u64 once = ticks(op, ROUNDS);

	return (ticks(op, 2 * ROUNDS) - once) / ROUNDS;
}

/* Each alone: the Service VM's CPU has gone idle in the meantime. */
static u64 per_lone_op(void (*op)(void))
{
	u64 sum = 0;

	for (u32 i = 0; i < LONE_ROUNDS; i++) {
		u64 start = x86_rdtsc(), t;

		while (x86_rdtsc() - start < LONE_TICKS)
			x86_pause();
		t = x86_rdtsc();
		op();
		sum += x86_rdtsc() - t;
	}
	return sum / LONE_ROUNDS;
}

static void round_trips(void)
{
	u64 empty = per_op(op_nothing);

	for (u32 i = 0; i < ARRAY_SIZE(trips); i++)
		say("BENCH %s: %lu", trips[i].name,
		    per_op(trips[i].op) - empty);
	say("BENCH port read, alone: %lu", per_lone_op(op_port_nobody));
}

static u32 notify_offset(u32 bdf)
{
	u32 at = pci_read(bdf, PCI_CAPS) & 0xfc;

	for (; at; at = pci_read(bdf, at) >> 8 & 0xfc) {
		u32 head = pci_read(bdf, at);

		if ((u8)head == CAP_VENDOR && head >> 24 == CAP_NOTIFY)
			return pci_read(bdf, at + 8);
	}
	return 0;
}

static void set_status(u8 status)
{
	*(volatile u8 *)(uintptr_t)(bar + COMMON_STATUS) = status;
}

/* A live device with an empty queue: a kick wakes it, and that is all. */
static void start_device(void)
{
	u32 bdf = pci_find(VIRTIO_RNG);

	if (bdf == ~0U)
		test_abort("no virtio-rnd");
	bar = pci_read(bdf, PCI_BAR0) & ~0xfU;
	doorbell = bar + notify_offset(bdf);
	pci_write(bdf, PCI_COMMAND, PCI_MEMORY | PCI_MASTER);
	set_status(STATUS_FOUND);
	write32(bar + COMMON_GUEST_SEL, 1);
	write32(bar + COMMON_GUEST_FEAT, 1); /* VIRTIO_F_VERSION_1 */
	set_status(STATUS_FEATURES);
	*(volatile u16 *)(uintptr_t)(bar + COMMON_QUEUE_SIZE) = QUEUE_SIZE;
	for (u32 i = 0; i < 3; i++) {
		write32(bar + COMMON_QUEUE_AT + 8 * i,
			(u32)(uintptr_t)rings[i]);
		write32(bar + COMMON_QUEUE_AT + 8 * i + 4, 0);
	}
	*(volatile u16 *)(uintptr_t)(bar + COMMON_QUEUE_ON) = 1;
	set_status(STATUS_LIVE);
}

static void quiet(void)
{
	u64 until = x86_rdtsc() + QUIET_TICKS;

	while (x86_rdtsc() < until)
		x86_pause();
}

static u64 one_kick(void)
{
	u64 start = x86_rdtsc();

	write32(doorbell, 0);
	return x86_rdtsc() - start;
}

/*
 * Each kick alone, the other side asleep: how long until the guest goes on.
 * The least is what is shown: a tick of the Service VM may fall into any.
 */
static void kicks(void)
{
	u64 least = ~0UL, most = 0, empty;

	start_device();
	empty = x86_rdtsc();
	empty = x86_rdtsc() - empty;
	for (u32 i = 0; i < WARM_UP * 2; i++) {
		u64 t;

		quiet();
		t = one_kick() - empty;
		least = MIN(least, t);
		most = MAX(most, t);
	}
	say("BENCH mmio kick: %lu", least);
	say("BENCH mmio kick, most: %lu", most);
}

const struct test tests[] = {
	{ "kicks", kicks },
	{ "trips", round_trips },
	{ 0 },
};
