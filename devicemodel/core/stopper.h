/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SIGTERM and SIGINT as an orderly stop. The event loop's thread receives
 * them and gets the request thread out of its wait in the driver; it repeats
 * that until the other has seen the request, since a signal that comes just
 * before the wait would be slept through.
 */
#ifndef CORE_STOPPER_H
#define CORE_STOPPER_H

#include "core/event.h"
#include "core/request.h"

struct stopper {
	struct life *life;
	pthread_t target;
	struct event_source signals;
	struct event_source kick;
	_Atomic bool seen;
};

/** Call on the thread to be woken, before any other thread exists. */
int stopper_init(struct stopper *s, struct event_loop *loop, struct life *life);

/**
 * Stop in order, by signal @why or, with 0, because the operator wants it so.
 * On the event loop's thread.
 */
void stopper_stop(struct stopper *s, u8 why);

/** The woken thread: no more kicks, please. */
void stopper_seen(struct stopper *s);
void stopper_free(struct stopper *s, struct event_loop *loop);

#endif
