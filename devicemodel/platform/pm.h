/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ACPI fixed hardware, ACPI 6.4, 4.8.3: PM1 event and control registers. The
 * PM timer beside them is answered by the hypervisor. There are no fixed
 * buttons, so nothing ever raises the SCI.
 */
#ifndef PLATFORM_PM_H
#define PLATFORM_PM_H

#include "bus/bus.h"
#include "core/request.h"

struct pm {
	struct life *life;
	u16 status;
	u16 enable;
	u16 control;
};

/** Register the ports 400h..405h. 0 or an error of bus_add(). */
int pm_init(struct pm *pm, struct bus *pio, struct life *life);
void pm_reset(struct pm *pm);

#endif
