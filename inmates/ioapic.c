/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts from a pin of the I/O APIC: the ACPI timer has none, so it is the
 * second serial port that is made to ask for one, by its "transmitter is
 * empty". Words: gsi=N (3), port=N (0x2f8), times=N (10).
 */
#include "lib/ioapic.h"

#include "lib/cmdline.h"
#include "lib/cpu.h"
#include "lib/inmate.h"
#include "lib/print.h"
#include "lib/trap.h"
#include "lib/uart.h"

static volatile u32 came;
static u16 port;

#define IER       1
#define IER_EMPTY 0x02
#define IIR       2

/* Reading the cause takes an empty transmitter's request back. */
static void tell(void)
{
	came++;
	x86_inb((u16)(port + IIR));
}

static void ask(void)
{
	x86_outb((u16)(port + IER), 0);
	x86_outb((u16)(port + IER), IER_EMPTY);
}

void inmate_main(void)
{
	const u32 gsi = (u32)cmdline_number("gsi", 3);
	const u32 times = (u32)cmdline_number("times", 10);

	port = (u16)cmdline_number("port", 0x2f8);
	if (!uart_init(port)) {
		print("ioapic: no serial port at %x\n", port);
		return;
	}
	trap_set(VECTOR_DEVICE, tell);
	ioapic_route(gsi, VECTOR_DEVICE, 0);
	print("ioapic: pin %u of %u is %x\n", gsi, ioapic_pins(),
	      ioapic_entry(gsi));
	for (u32 i = 0; i < times; i++) {
		ask();
		while (came == i) {
			irqs_wait();
			irqs_off();
			inmate_serve();
		}
	}
	ioapic_mask(gsi);
	print("ioapic: %u interrupts\nioapic: done\n", came);
}
