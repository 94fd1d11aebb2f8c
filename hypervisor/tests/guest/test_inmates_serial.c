/* SPDX-License-Identifier: BSD-2-Clause */
/* The demo inmates that have the second serial port, or its interrupt. */
#include "kit/apic.h"
#include "kit/celldesc.h"
#include "kit/hc.h"
#include "kit/inmate.h"
#include "kit/test.h"

/* As the ioapic inmate is told below. */
#define PULSES 2000U
#define SETUP  200U

static void serial_port(void)
{
	u32 id;

	cell_take_cpu(1);
	inmate_describe(1, 0);
	desc_add_port(0x2f8, 8, 0);
	id = inmate_begin(IMAGE(uart), "quiet");
	inmate_says(id, "uart: hello from port 2f8");
	check(WAIT_FOR(inmate_is_over(id)), "it goes on");
	inmate_finish(id);
}

/*
 * A pin's interrupts come to the cell without exits; their ends cost one each
 * where its CPU has no x2APIC mode.
 */
static void io_apic_pin(void)
{
	u64 ends = apic_has_x2apic() ? 0 : PULSES;
	u64 exits;
	u32 id;

	inmate_describe(1, 0);
	desc_add_port(0x2f8, 8, 0);
	desc_add_irq(3);
	exits = hc_cpu(1).exits;
	id = inmate_begin(IMAGE(ioapic), "times=2000");
	inmate_says(id, "ioapic: 2000 interrupts");
	exits = hc_cpu(1).exits - exits;
	say("%u interrupts, %lu ends that exit: %lu exits", PULSES, ends,
	    exits);
	/* Setting it up costs some, an interrupt must not. */
	check(exits >= ends && exits - ends < SETUP, "%lu exits", exits);
	inmate_finish(id);
}

/* clang-format off */
const struct test tests[] = {
	{ "serial_port", serial_port },
	{ "io_apic_pin", io_apic_pin },
	{ NULL, NULL },
};
/* clang-format on */
