/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How anything asks for a change in the VM's life: a device (power-off,
 * reset), a signal, a failure. Any thread posts; the thread that serves I/O
 * requests sees it after the request at hand and acts.
 */
#ifndef CORE_REQUEST_H
#define CORE_REQUEST_H

#include "core/types.h"

#include <stdatomic.h>

/* In order of strength: a stronger request replaces a weaker one. */
enum life_request {
	LIFE_RUN,
	LIFE_RESET,    /* start over from the boot loader */
	LIFE_POWEROFF, /* the guest switched itself off */
	LIFE_EXIT,     /* the debug exit port; carries a status */
	LIFE_STOP,     /* SIGTERM, SIGINT */
	LIFE_DIED,     /* the hypervisor gave the VM up */
};

struct life {
	_Atomic u32 word; /* enum life_request | status << 8 */
};

void life_post(struct life *life, enum life_request what, u8 status);
enum life_request life_get(struct life *life);
u8 life_status(struct life *life);

/** Back to LIFE_RUN if the request is still what; false if it grew. */
bool life_clear(struct life *life, enum life_request what);

#endif
