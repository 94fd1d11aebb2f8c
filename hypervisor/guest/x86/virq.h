/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From an interrupt's name to a vCPU: global system interrupts (GSI) 0..47
 * reach the I/O APIC's pin of the same number and, below 16, the 8259s; a
 * message-signalled interrupt goes straight to the local APICs.
 *
 * A line has one state and the last writer wins, as ACRN's has: a device
 * model that lets devices share a line must combine them itself.
 */
#ifndef GUEST_X86_VIRQ_H
#define GUEST_X86_VIRQ_H

#include "guest/x86/vioapic.h"
#include "guest/x86/vlapic.h"
#include "guest/x86/vpic.h"
#include "lib/types.h"

#define VIRQ_GSIS VIOAPIC_PINS

/** The PIT's IRQ 0 is wired to I/O APIC pin 2, and to 8259 input 0. */
#define VIRQ_GSI_PIT 2U

/** Operations of HC_SET_IRQLINE; ACRN's values. */
enum virq_line_op {
	VIRQ_SET_HIGH,
	VIRQ_SET_LOW,
	VIRQ_RAISING_PULSE,
	VIRQ_FALLING_PULSE,
	VIRQ_LINE_OPS,
};

/** Both chips and the bus of one VM. */
struct virq {
	struct vpic pic;
	struct vioapic ioapic;
	struct lapic_bus *bus;
};

/** Set up @q with both chips in their reset state. */
void virq_init(struct virq *q, struct lapic_bus *bus);

/** Reset both chips, and all lines to low. */
void virq_reset(struct virq *q);

/** Drive @gsi, from any CPU. -EINVAL if there is no such GSI. */
int virq_set_gsi(struct virq *q, u32 gsi, bool level);

/** HC_SET_IRQLINE. -EINVAL: no such GSI, or no such enum virq_line_op. */
int virq_set_line_op(struct virq *q, u32 gsi, u32 op);

/**
 * Deliver a message-signalled interrupt; edge-triggered whatever @data
 * says. Destination bits 31..8 stand in @addr 63..40. -EINVAL unless
 * @addr 39..20 are 0x00fee, and for a delivery mode that does not exist;
 * else how many local APICs took it.
 */
int virq_deliver_msi(struct lapic_bus *bus, u64 addr, u64 data);

/** Does an interrupt of the 8259s wait for the CPU of @v? Entry path. */
static inline bool virq_has_extint(const struct virq *q, const struct vlapic *v)
{
	return unlikely(vpic_has_intr(&q->pic)) && vlapic_accepts_pic(v);
}

/** Take it: the vector to inject; see vpic_ack(). */
static inline int virq_ack_extint(struct virq *q)
{
	return vpic_ack(&q->pic);
}

#endif
