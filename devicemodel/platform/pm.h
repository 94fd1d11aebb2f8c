/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ACPI fixed hardware, ACPI 6.4, 4.8.3: PM1 event and control registers, and
 * the power button, whose press raises the SCI if the guest listens to it.
 * The PM timer beside them is answered by the hypervisor.
 */
#ifndef PLATFORM_PM_H
#define PLATFORM_PM_H

#include "bus/bus.h"
#include "core/request.h"

#include <pthread.h>

struct pm {
	struct life *life;
	/** The SCI's level; called with the lock held. */
	void (*sci)(void *arg, bool level);
	void *arg;
	u16 control;

	pthread_mutex_t lock; /* the button's thread is not the guest's */
	u16 status;
	u16 enable;
	bool level;
};

/**
 * Register the ports 400h..405h. life, sci and arg are set by the caller. 0
 * or an error of bus_add(); pm_destroy() in either case.
 */
int pm_init(struct pm *pm, struct bus *pio);
void pm_reset(struct pm *pm);
void pm_destroy(struct pm *pm);

/**
 * Press the power button, from any thread. False if the guest has not enabled
 * it: it will see the press only when it does.
 */
bool pm_power_button(struct pm *pm);

#endif
