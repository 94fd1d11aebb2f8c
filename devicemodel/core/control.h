/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The control socket: what the admin tool asks a running VM's device model.
 * A request is a word on a line; the answer is lines "KEY VALUE", then "ok"
 * or "error SENTENCE". The connection stays until either side ends it; that
 * it ends tells the other side that the VM is gone.
 */
#ifndef CORE_CONTROL_H
#define CORE_CONTROL_H

#include "core/error.h"
#include "core/event.h"
#include "core/rundir.h"

#define CONTROL_CLIENTS 4
#define CONTROL_LINE    64
#define CONTROL_FILE    "control"

/** An answer in the making; what does not fit makes the client go. */
struct control_reply {
	char text[1024];
	size_t len;
	bool overrun;
};

/** Append "KEY VALUE"; printf-like. */
void control_say(struct control_reply *r, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/** What can be asked for; runs on the event loop's thread. */
struct control_ops {
	/** Facts about the VM, by control_say(). */
	void (*info)(void *arg, struct control_reply *r);
	/** Press the power button; false: the guest does not listen to it. */
	bool (*power_button)(void *arg);
	/** End the VM, in order but without asking the guest. */
	void (*stop)(void *arg);
	void *arg;
};

struct control_client {
	struct event_source source; /* fd -1: free */
	struct control *control;
	char line[CONTROL_LINE];
	size_t len;
};

struct control {
	struct event_loop *loop;
	struct control_ops ops;
	struct event_source listener;
	char path[RUNDIR_PATH];
	struct control_client client[CONTROL_CLIENTS];
};

/** Listen in @dir, if there is one. On error nothing is left open. */
int control_open(struct control *c, const struct rundir *dir,
		 struct event_loop *loop, const struct control_ops *ops,
		 struct dm_error *err);

/**
 * The event loop runs no more, and may be gone. Harmless if nothing is open.
 */
void control_close(struct control *c);

#endif
