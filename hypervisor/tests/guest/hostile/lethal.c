/* SPDX-License-Identifier: BSD-2-Clause */
/* Ways to die. */
#include "hostile/hostile.h"
#include "kit/apic.h"
#include "kit/test.h"
#include "kit/trap.h"

#define PORT_RESET 0xcf9
#define PORT_KBD   0x64
#define PORT_PM1   0x404
#define S5         (5U << 10 | 1U << 13)

static void halt_for_good(void)
{
	for (;;)
		__asm__ volatile("cli; hlt");
}

void die_by_reset(void)
{
	x86_outb(PORT_RESET, 0);
	x86_outb(PORT_RESET, 6);
	for (;;)
		x86_pause();
}

static void by_keyboard(void)
{
	x86_outb(PORT_KBD, 0xfe);
}

static void by_power_off(void)
{
	x86_outw(PORT_PM1, (u16)S5);
}

static void by_triple_fault(void)
{
	static const u8 nothing[10];

	__asm__ volatile("lidt %0\n\tud2" : : "m"(nothing));
}

static void by_init(void)
{
	apic_enable(rnd(2));
	apic_icr(apic_id(), ICR_INIT | ICR_ASSERT);
	halt_for_good();
}

static void by_cr3(void)
{
	x86_write_cr3(random_place());
}

/* With this program's own tables and code in it. */
static void by_scribbling(void)
{
	volatile u64 *p = (volatile u64 *)(uintptr_t)0x1000000;

	for (;;)
		p[rnd(MIB(4) / 8)] = random_value();
}

static void by_paging_off(void)
{
	__asm__ volatile("movq %%cr0, %%rax\n\tbtrl $31, %%eax\n\t"
			 "btrl $0, %%eax\n\tmovq %%rax, %%cr0"
			 :
			 :
			 : "rax");
}

static void by_loop(void)
{
	irq_disable();
	for (;;)
		x86_inb(0x80);
}

static void by_sleep(void)
{
	halt_for_good();
}

/* Most lead to a reset, some need the VM to be made anew. */
static void (*const ways[])(void) = {
	by_keyboard,  by_keyboard,   by_power_off,  by_triple_fault, by_init,
	by_cr3,       by_scribbling, by_paging_off, by_loop,         by_sleep,
	die_by_reset, die_by_reset,  die_by_reset,  die_by_reset,
};

void die(void)
{
	ways[rnd(ARRAY_SIZE(ways))]();
	die_by_reset();
}
