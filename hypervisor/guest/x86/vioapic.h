/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Model of one I/O APIC (Intel 82093AA data sheet) with 48 pins at
 * 0xfec00000, version 0x11: no EOI register, a level-triggered pin waits
 * for the EOI that the local APICs broadcast.
 *
 * A pin's level says "asserted". The polarity bit of the redirection entry
 * is stored and read back, and inverts nothing unless @honour_polarity is
 * set: who drives a virtual line knows whether it interrupts, whereas what
 * guests program for it depends on what their firmware tables claim.
 */
#ifndef GUEST_X86_VIOAPIC_H
#define GUEST_X86_VIOAPIC_H

#include "core/spinlock.h"
#include "guest/x86/virq_io.h"
#include "guest/x86/vlapic.h"
#include "lib/types.h"

#define VIOAPIC_MMIO_BASE 0xfec00000U
#define VIOAPIC_MMIO_SIZE 0x1000U
#define VIOAPIC_PINS	  48U

struct vioapic {
	struct spinlock lock; /* everything below */
	u32 select; /* IOREGSEL */
	u32 id; /* 4 bits */
	u64 line; /* bit n: pin n is high */
	u64 waiting; /* bit n: remote IRR of pin n */
	u64 rte[VIOAPIC_PINS]; /* without the read-only bits */
	bool honour_polarity;
	struct lapic_bus *bus;
};

/** Set up @io on @bus in its reset state: all pins masked, all lines low. */
void vioapic_init(struct vioapic *io, struct lapic_bus *bus);

/** Back to the reset state; the lines keep their levels. */
void vioapic_reset(struct vioapic *io);

/** Drive @pin; from any CPU. -EINVAL if there is no such pin. */
int vioapic_set_line(struct vioapic *io, u32 pin, bool level);

/** A local APIC broadcasts the EOI of level-triggered @vector. */
void vioapic_eoi(struct vioapic *io, u8 vector);

/** The redirection entry as the guest reads it; 0 for a pin beyond. */
u64 vioapic_read_rte(struct vioapic *io, u32 pin);

/** Guest access to the window; see vdev_access_fn. */
int vioapic_mmio_read(void *dev, u32 offset, u32 size, u64 *val);
int vioapic_mmio_write(void *dev, u32 offset, u32 size, u64 *val);

extern const struct vdev_range vioapic_ranges[1];

#endif
