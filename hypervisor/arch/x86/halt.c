/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/x86/halt.h"

#include "arch/x86/asm.h"

void arch_halt_forever(void)
{
	for (;;)
		__asm__ volatile("cli; hlt" : : : "memory");
}

/* Intel ICH9 data sheet, 13.7.5: reset control; 8042 pulse as the old way. */
#define RESET_CONTROL   0xcf9
#define RESET_FULL      0x06
#define KBD_COMMAND     0x64
#define KBD_PULSE_RESET 0xfe

void arch_reset_machine(void)
{
	struct {
		u16 limit;
		u64 base;
	} __packed none = { 0, 0 };

	x86_outb(RESET_CONTROL, 0x02);
	x86_outb(RESET_CONTROL, RESET_FULL);
	x86_outb(KBD_COMMAND, KBD_PULSE_RESET);
	/* Last resort: an exception without an IDT shuts the CPU down. */
	__asm__ volatile("lidt %0; int3" : : "m"(none));
	arch_halt_forever();
}
