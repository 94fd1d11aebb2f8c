/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ways a guest ends or restarts itself, beside ACPI sleep: the reset port
 * CF9h, the keyboard controller's reset pulse (port 64h), the POST code port
 * and the optional debug exit port F4h.
 */
#ifndef PLATFORM_RESET_H
#define PLATFORM_RESET_H

#include "bus/bus.h"
#include "core/request.h"

#define RESET_VALUE 0x06 /* full reset request, as the FADT says */

struct reset_ports {
	struct life *life;
	u8 reset_control;
	u8 post_code; /* the last one written */
};

/** Register the ports; debugexit adds F4h. 0 or an error of bus_add(). */
int reset_ports_init(struct reset_ports *r, struct bus *pio, struct life *life,
		     bool debugexit);
void reset_ports_reset(struct reset_ports *r);

#endif
