/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The devices of a PC's ISA side, wired: serial ports with their consoles,
 * the clock, power management, reset ports.
 */
#ifndef PLATFORM_LEGACY_H
#define PLATFORM_LEGACY_H

#include "backend/console.h"
#include "bus/bus.h"
#include "core/rundir.h"
#include "core/vmm.h"
#include "mem/guest_mem.h"
#include "platform/pm.h"
#include "platform/reset.h"
#include "platform/rtc.h"
#include "platform/uart.h"

/* What the devices are wired to; all owned by the VM. */
struct legacy_env {
	struct bus *pio;
	struct vmm *vmm;
	struct event_loop *loop;
	struct life *life;
	const struct guest_mem *mem;
	const struct rundir *run; /* for the consoles' taps */
};

struct irq_pin {
	struct vmm *vmm;
	u32 gsi;
};

/*
 * A port has the console that was asked for and, in the VM's run directory, a
 * tap: a socket that gets the same output, that of before it connected
 * included, and gives input too.
 */
struct com {
	struct uart uart;
	struct console console;
	struct console tap;
	struct irq_pin pin;
	bool present;
	bool tapped;
};

struct legacy {
	struct com com[COM_COUNT];
	struct rtc rtc;
	struct irq_pin rtc_pin;
	struct event_source rtc_timer;
	bool rtc_present;
	struct pm pm;
	struct irq_pin sci_pin;
	bool pm_present;
	struct reset_ports reset;
};

/** On error the caller still calls legacy_free(). */
int legacy_init(struct legacy *l, const struct vm_config *cfg,
		const struct legacy_env *env, struct dm_error *err);
void legacy_reset(struct legacy *l);

/** The event loop must not run any more. */
void legacy_free(struct legacy *l, struct event_loop *loop);

#endif
