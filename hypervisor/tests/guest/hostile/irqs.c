/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts between CPUs, and the controllers that make them. */
#include "hostile/hostile.h"
#include "kit/apic.h"
#include "kit/ioapic.h"
#include "kit/smp.h"
#include "kit/test.h"
#include "kit/trap.h"

#define SHOTS      200
#define PIC_VECTOR 0x70
#define PINS       48
#define COM1       0x3f8

void calm_irqs(void)
{
	pic_init(PIC_VECTOR, 0xffff);
	for (u32 pin = 0; pin < PINS; pin++)
		ioapic_set(pin, RTE_MASKED | 0x20, 0);
	apic_enable(false);
	apic_timer_stop();
	for (u32 reg = LAPIC_LVT_TIMER; reg <= LAPIC_LVT_ERROR; reg += 0x10)
		apic_write(reg, LVT_MASKED);
	/* The console is what the shots are counted by. */
	x86_outb(COM1 + 3, 3);
	x86_outb(COM1 + 4, 3);
	x86_outb(COM1 + 1, 0);
}

/* INIT and SIPI, which end this CPU or start the other anew, seldom. */
static u32 random_icr(void)
{
	u32 low = (u32)random_value() & 0xcffff;

	if ((low & 0x700) >= ICR_INIT && rnd(40))
		low &= ~0x700U;
	/* Vectors of exceptions would be taken for some. */
	if (!(low & 0x700) && rnd(8))
		low |= 0x20;
	return low;
}

static void shoot_icr(void *arg)
{
	static const u32 dest[] = { 0, 1, 2, 3, 0xff, 0xffffffff, 0x80 };
	u32 to = rnd(2) ? dest[rnd(ARRAY_SIZE(dest))] : (u32)random_value();

	(void)arg;
	apic_icr(to, random_icr());
}

/* The timer in any mode, and any LVT, for a while. */
static void shoot_lapic(void *arg)
{
	u32 reg = (u32)rnd(0x40) * 0x10;

	(void)arg;
	if (reg == LAPIC_ICR || reg == LAPIC_ICR_HIGH)
		return;
	apic_write(reg, (u32)random_value() | (rnd(8) ? 0x20 : 0));
	apic_read((u32)rnd(0x40) * 0x10);
}

static void shoot_mode(void *arg)
{
	(void)arg;
	x86_wrmsr(MSR_APIC_BASE,
		  0xfee00000 | rnd(16) << 8 | (rnd(8) ? 0 : random_value()));
}

static void (*const ipi_shots[])(void *arg) = {
	shoot_icr, shoot_icr, shoot_icr, shoot_lapic, shoot_mode,
};

void fire_ipis(void)
{
	apic_enable(rnd(2));
	for (u32 i = 0; i < SHOTS; i++) {
		irq_enable();
		fire(ipi_shots[rnd(ARRAY_SIZE(ipi_shots))], NULL);
	}
	irq_disable();
	calm_irqs();
}

static void shoot_ioapic(void *arg)
{
	(void)arg;
	ioapic_write((u32)rnd(rnd(4) ? 0x72 : 0x100),
		     (u32)random_value() | (rnd(8) ? 0x20 : 0));
	ioapic_read((u32)rnd(0x100));
}

static void shoot_pic(void *arg)
{
	static const u16 port[] = { 0x20, 0x21, 0xa0, 0xa1, 0x4d0, 0x4d1 };
	u16 to = port[rnd(ARRAY_SIZE(port))];

	(void)arg;
	x86_outb(to, (u8)random_value());
	x86_inb(to);
}

static void shoot_pit(void *arg)
{
	(void)arg;
	x86_outb((u16)(0x40 + rnd(4)), (u8)random_value());
	x86_inb((u16)(0x40 + rnd(4)));
	x86_outb(0x61, (u8)rnd(4));
}

static void (*const chip_shots[])(void *arg) = {
	shoot_ioapic,
	shoot_pic,
	shoot_pit,
};

void fire_irqchips(void)
{
	for (u32 i = 0; i < SHOTS; i++) {
		if (rnd(2))
			irq_enable();
		fire(chip_shots[rnd(ARRAY_SIZE(chip_shots))], NULL);
	}
	irq_disable();
	calm_irqs();
}
