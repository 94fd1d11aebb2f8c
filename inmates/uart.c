/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A serial port of the cell's own: says hello there and sends back what comes,
 * capitals for small letters, to the end of a line with a dot alone.
 * Words: port=N (0x2f8); poll: look for bytes instead of waiting for the
 * interrupt of gsi=N (3) by the I/O APIC; quiet: say hello only.
 */
#include "lib/cmdline.h"
#include "lib/cpu.h"
#include "lib/inmate.h"
#include "lib/ioapic.h"
#include "lib/print.h"
#include "lib/trap.h"
#include "lib/uart.h"

static u32 interrupts;

static void came(void)
{
	interrupts++;
}

/* True after a line that is a dot. */
static bool echo(char c)
{
	static char last, before;
	bool dot = (c == '\r' || c == '\n') && last == '.' &&
		   (before == '\r' || before == '\n' || !before);

	uart_put(c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c);
	before = last;
	last = c;
	return dot;
}

static void echo_all(bool poll)
{
	bool over = false;
	int c;

	while (!over) {
		if (poll)
			x86_pause();
		else
			irqs_wait();
		irqs_off();
		inmate_serve();
		while (!over && (c = uart_get()) >= 0)
			over = echo((char)c);
	}
}

void inmate_main(void)
{
	const u16 port = (u16)cmdline_number("port", 0x2f8);
	const bool poll = cmdline_has("poll");

	if (!uart_init(port)) {
		print("uart: none at port %x\n", port);
		return;
	}
	print_also(uart_put);
	print("uart: hello from port %x\n", port);
	print_also(NULL);
	if (!poll && !cmdline_has("quiet")) {
		trap_set(VECTOR_DEVICE, came);
		ioapic_route((u32)cmdline_number("gsi", 3), VECTOR_DEVICE, 0);
		uart_want_irq();
	}
	if (!cmdline_has("quiet"))
		echo_all(poll);
	print("uart: done, %u interrupts\n", interrupts);
}
