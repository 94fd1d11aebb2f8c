/* SPDX-License-Identifier: BSD-2-Clause */
/* GSI and MSI routing of one VM. */
#include "guest/x86/virq.h"

#include "lib/errno.h"

/* MSI address and data; SDM vol. 3, "Message Signalled Interrupts" */
#define MSI_WINDOW     0xfeeU
#define MSI_DEST_SHIFT 12
#define MSI_HINT       BIT64(3)
#define MSI_LOGICAL    BIT64(2)
#define MSI_MODE_SHIFT 8
/* Destination bits 31..8, where the chipset has an extended field */
#define MSI_DEST_HIGH_SHIFT 40

/* The 8259s' output rose: whoever listens to it must look. */
static void pic_intr(void *arg)
{
	struct lapic_bus *bus = arg;
	struct vlapic *v;
	u32 i;

	for (i = 0; i < bus->n; i++) {
		v = bus->v[i];
		if (vlapic_accepts_pic(v))
			v->ops->kick(v->vcpu);
	}
}

void virq_init(struct virq *q, struct lapic_bus *bus)
{
	q->bus = bus;
	vpic_init(&q->pic, pic_intr, bus);
	vioapic_init(&q->ioapic, bus);
}

void virq_reset(struct virq *q)
{
	u32 gsi;

	vpic_reset(&q->pic);
	vioapic_reset(&q->ioapic);
	/* All masked by now, so a line that falls cannot interrupt. */
	for (gsi = 0; gsi < VIRQ_GSIS; gsi++)
		(void)virq_set_gsi(q, gsi, false);
}

int virq_set_gsi(struct virq *q, u32 gsi, bool level)
{
	if (gsi >= VIRQ_GSIS)
		return -EINVAL;
	if (gsi < VPIC_PINS)
		(void)vpic_set_line(&q->pic, gsi == VIRQ_GSI_PIT ? 0 : gsi,
				    level);
	return vioapic_set_line(&q->ioapic, gsi, level);
}

/* Levels a line passes through, first to last. */
static const struct {
	u8 count;
	bool level[2];
} line_ops[VIRQ_LINE_OPS] = {
	[VIRQ_SET_HIGH] = { 1, { true } },
	[VIRQ_SET_LOW] = { 1, { false } },
	[VIRQ_RAISING_PULSE] = { 2, { true, false } },
	[VIRQ_FALLING_PULSE] = { 2, { false, true } },
};

int virq_set_line_op(struct virq *q, u32 gsi, u32 op)
{
	u32 i;
	int err = 0;

	if (op >= VIRQ_LINE_OPS)
		return -EINVAL;
	for (i = 0; i < line_ops[op].count && err == 0; i++)
		err = virq_set_gsi(q, gsi, line_ops[op].level[i]);
	return err;
}

static u32 msi_dest(u64 addr)
{
	u32 low = (u8)(addr >> MSI_DEST_SHIFT);
	u32 high = (u32)(addr >> MSI_DEST_HIGH_SHIFT) << 8;

	/* Without extended bits the field has 8 bits, and 0xff is all. */
	return high == 0 && low == 0xff ? APIC_DEST_ALL : high | low;
}

int virq_deliver_msi(struct lapic_bus *bus, u64 addr, u64 data)
{
	struct apic_msg m = {
		.dest = msi_dest(addr),
		.logical = (addr & MSI_LOGICAL) != 0,
		.mode = (data >> MSI_MODE_SHIFT) & 7,
		.vector = (u8)data,
		.level = true,
	};

	if (((addr >> 20) & 0xfffff) != MSI_WINDOW)
		return -EINVAL;
	/* The hint lets the chipset choose among several destinations. */
	if ((addr & MSI_HINT) != 0 && m.mode == APIC_MODE_FIXED)
		m.mode = APIC_MODE_LOWEST;
	return lapic_bus_deliver(bus, &m);
}
