/* SPDX-License-Identifier: BSD-2-Clause */
#include "kit/ioapic.h"

#include "arch/x86/asm.h"

#define IOREGSEL  0x00
#define IOWIN     0x10
#define RTE_FIRST 0x10

#define PIC1         0x20
#define PIC2         0xa0
#define ICW1_INIT    0x11
#define EOI_SPECIFIC 0x60
#define CASCADE      2

static volatile u32 *reg_at(u32 off)
{
	return (volatile u32 *)(uintptr_t)(IOAPIC_PAGE + off);
}

u32 ioapic_read(u32 reg)
{
	*reg_at(IOREGSEL) = reg;
	return *reg_at(IOWIN);
}

void ioapic_write(u32 reg, u32 val)
{
	*reg_at(IOREGSEL) = reg;
	*reg_at(IOWIN) = val;
}

void ioapic_set(u32 pin, u32 low, u32 dest)
{
	ioapic_write(RTE_FIRST + 2 * pin, RTE_MASKED);
	ioapic_write(RTE_FIRST + 2 * pin + 1, dest << 24);
	ioapic_write(RTE_FIRST + 2 * pin, low);
}

u32 ioapic_get(u32 pin)
{
	return ioapic_read(RTE_FIRST + 2 * pin);
}

void pic_init(u8 base, u16 mask)
{
	x86_outb(PIC1, ICW1_INIT);
	x86_outb(PIC2, ICW1_INIT);
	x86_outb(PIC1 + 1, base);
	x86_outb(PIC2 + 1, (u8)(base + 8));
	x86_outb(PIC1 + 1, BIT32(CASCADE));
	x86_outb(PIC2 + 1, CASCADE);
	x86_outb(PIC1 + 1, 1);
	x86_outb(PIC2 + 1, 1);
	x86_outb(PIC1 + 1, (u8)mask);
	x86_outb(PIC2 + 1, (u8)(mask >> 8));
}

void pic_eoi(u32 irq)
{
	if (irq >= 8) {
		x86_outb(PIC2, (u8)(EOI_SPECIFIC | (irq - 8)));
		irq = CASCADE;
	}
	x86_outb(PIC1, (u8)(EOI_SPECIFIC | irq));
}
