/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * I/O APIC. A message leaves with the lock dropped, so that what a local
 * APIC does with it may come back here (an EOI) at once.
 */
#include "guest/x86/vioapic.h"

#include "lib/errno.h"
#include "lib/string.h"

#define VIOAPIC_VERSION 0x11U

/* The window; 82093AA data sheet, "Memory Mapped Registers" */
#define WIN_SELECT 0x00U
#define WIN_DATA   0x10U

enum {
	REG_ID = 0x00,
	REG_VERSION = 0x01,
	REG_ARBITRATION = 0x02,
	REG_RTE = 0x10,
};

/* Redirection entry; 82093AA data sheet, "IOREDTBL" */
#define RTE_MODE_SHIFT 8
#define RTE_LOGICAL    BIT64(11)
#define RTE_LOW        BIT64(13)
#define RTE_REMOTE_IRR BIT64(14)
#define RTE_LEVEL      BIT64(15)
#define RTE_MASKED     BIT64(16)
#define RTE_DEST_SHIFT 56
/* Vector, mode, destination and so on: what a write changes. */
#define RTE_WRITABLE (GENMASK64(63, 56) | 0x1afffU)

void vioapic_reset(struct vioapic *io)
{
	u32 pin;

	spin_lock(&io->lock);
	io->select = 0;
	io->id = 0;
	io->waiting = 0;
	for (pin = 0; pin < VIOAPIC_PINS; pin++)
		io->rte[pin] = RTE_MASKED;
	spin_unlock(&io->lock);
}

void vioapic_init(struct vioapic *io, struct lapic_bus *bus)
{
	memset(io, 0, sizeof(*io));
	io->bus = bus;
	vioapic_reset(io);
}

static bool asserted(const struct vioapic *io, u32 pin)
{
	bool high = (io->line & BIT64(pin)) != 0;

	if (io->honour_polarity && (io->rte[pin] & RTE_LOW) != 0)
		return !high;
	return high;
}

/*
 * Only fixed and lowest-priority messages are ever answered by an EOI; the
 * others are edges whatever the trigger bit says.
 */
static bool waits_for_eoi(u64 rte)
{
	u32 mode = (rte >> RTE_MODE_SHIFT) & 7;

	return (rte & RTE_LEVEL) != 0 &&
	       (mode == APIC_MODE_FIXED || mode == APIC_MODE_LOWEST);
}

static struct apic_msg message_of(u64 rte)
{
	u32 dest = (u32)(rte >> RTE_DEST_SHIFT);

	return (struct apic_msg){
		.dest = dest == 0xff ? APIC_DEST_ALL : dest,
		.logical = (rte & RTE_LOGICAL) != 0,
		.mode = (rte >> RTE_MODE_SHIFT) & 7,
		.vector = (u8)rte,
		.level = true,
		.trigger = waits_for_eoi(rte),
	};
}

/* Has @pin something to send? If so it counts as sent. Lock held. */
static bool take_message(struct vioapic *io, u32 pin, struct apic_msg *m)
{
	u64 rte = io->rte[pin];

	if ((rte & RTE_MASKED) != 0 || (io->waiting & BIT64(pin)) != 0)
		return false;
	if (waits_for_eoi(rte))
		io->waiting |= BIT64(pin);
	*m = message_of(rte);
	return true;
}

/*
 * A level message that no local APIC took will never see an EOI. The pin
 * must not wait for it: driving the line high or writing the entry retries.
 */
static void send(struct vioapic *io, u32 pin, const struct apic_msg *m)
{
	int taken = lapic_bus_deliver(io->bus, m);

	if (taken > 0 || !m->trigger)
		return;
	spin_lock(&io->lock);
	io->waiting &= ~BIT64(pin);
	spin_unlock(&io->lock);
}

int vioapic_set_line(struct vioapic *io, u32 pin, bool level)
{
	struct apic_msg m;
	bool before, fire;

	if (pin >= VIOAPIC_PINS)
		return -EINVAL;
	spin_lock(&io->lock);
	before = asserted(io, pin);
	if (level)
		io->line |= BIT64(pin);
	else
		io->line &= ~BIT64(pin);
	/* A level that nobody took before is offered again. */
	fire = asserted(io, pin) && (!before || waits_for_eoi(io->rte[pin])) &&
	       take_message(io, pin, &m);
	spin_unlock(&io->lock);
	if (fire)
		send(io, pin, &m);
	return 0;
}

/* Send again what a level-triggered line still asks for. */
static void resend(struct vioapic *io, u32 pin)
{
	struct apic_msg m;
	bool fire;

	spin_lock(&io->lock);
	fire = waits_for_eoi(io->rte[pin]) && asserted(io, pin) &&
	       take_message(io, pin, &m);
	spin_unlock(&io->lock);
	if (fire)
		send(io, pin, &m);
}

void vioapic_eoi(struct vioapic *io, u8 vector)
{
	u64 left, done = 0;
	u32 pin;

	spin_lock(&io->lock);
	for (left = io->waiting; left != 0; left &= left - 1) {
		pin = (u32)__builtin_ctzll(left);
		if ((u8)io->rte[pin] == vector)
			done |= BIT64(pin);
	}
	io->waiting &= ~done;
	spin_unlock(&io->lock);
	for (; done != 0; done &= done - 1)
		resend(io, (u32)__builtin_ctzll(done));
}

static u64 rte_as_read(const struct vioapic *io, u32 pin)
{
	bool waits = (io->waiting & BIT64(pin)) != 0;

	return io->rte[pin] | (waits ? RTE_REMOTE_IRR : 0);
}

u64 vioapic_read_rte(struct vioapic *io, u32 pin)
{
	u64 rte;

	if (pin >= VIOAPIC_PINS)
		return 0;
	spin_lock(&io->lock);
	rte = rte_as_read(io, pin);
	spin_unlock(&io->lock);
	return rte;
}

static u32 read_reg(const struct vioapic *io, u32 reg)
{
	u32 pin = (reg - REG_RTE) / 2;

	if (reg == REG_ID || reg == REG_ARBITRATION)
		return io->id << 24;
	if (reg == REG_VERSION)
		return VIOAPIC_VERSION | (VIOAPIC_PINS - 1) << 16;
	if (reg < REG_RTE || pin >= VIOAPIC_PINS)
		return 0xffffffff;
	return (u32)(rte_as_read(io, pin) >> (reg % 2 * 32));
}

/*
 * Making a pin edge-triggered clears its remote IRR, as on chips without
 * an EOI register: it is how kernels get a stuck pin back.
 */
static void write_rte_half(struct vioapic *io, u32 pin, bool high, u32 val)
{
	u64 rte = io->rte[pin];

	if (high)
		rte = (u32)rte | (u64)val << 32;
	else
		rte = (rte & GENMASK64(63, 32)) | val;
	io->rte[pin] = rte & RTE_WRITABLE;
	if (!waits_for_eoi(rte))
		io->waiting &= ~BIT64(pin);
}

static void write_reg(struct vioapic *io, u32 reg, u32 val)
{
	u32 pin = (reg - REG_RTE) / 2;

	if (reg < REG_RTE || pin >= VIOAPIC_PINS) {
		if (reg == REG_ID) {
			spin_lock(&io->lock);
			io->id = (val >> 24) & 0xf;
			spin_unlock(&io->lock);
		}
		return;
	}
	spin_lock(&io->lock);
	write_rte_half(io, pin, (reg & 1) != 0, val);
	spin_unlock(&io->lock);
	/* Unmasked with the line high, a level-triggered pin speaks up. */
	resend(io, pin);
}

static u32 read_window(struct vioapic *io, u32 at)
{
	u32 val = 0xffffffff;

	spin_lock(&io->lock);
	if (at == WIN_SELECT)
		val = io->select;
	else if (at == WIN_DATA)
		val = read_reg(io, io->select);
	spin_unlock(&io->lock);
	return val;
}

int vioapic_mmio_read(void *dev, u32 offset, u32 size, u64 *val)
{
	u32 reg = read_window(dev, offset & ~3U);

	*val = vdev_no_answer(size);
	if (size <= 4)
		*val &= reg >> (8 * (offset & 3));
	return 0;
}

int vioapic_mmio_write(void *dev, u32 offset, u32 size, u64 *val)
{
	struct vioapic *io = dev;
	u32 select;

	if (size > 4)
		return 0;
	spin_lock(&io->lock);
	if (offset == WIN_SELECT)
		io->select = (u8)*val;
	select = io->select;
	spin_unlock(&io->lock);
	if (offset == WIN_DATA && size == 4)
		write_reg(io, select, (u32)*val);
	return 0;
}

const struct vdev_range vioapic_ranges[1] = {
	{
		.name = "ioapic",
		.mmio = true,
		.base = VIOAPIC_MMIO_BASE,
		.size = VIOAPIC_MMIO_SIZE,
		.read = vioapic_mmio_read,
		.write = vioapic_mmio_write,
	},
};
