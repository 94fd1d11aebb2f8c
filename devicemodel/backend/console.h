/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a serial port's bytes go to and come from. A console buffers output
 * and hands a burst over in one write(), from the event loop's thread; input
 * stops being read while the port has no room.
 *
 * Locking: the console's lock covers its buffer only. The owner's callbacks
 * run on the event loop's thread without it.
 */
#ifndef BACKEND_CONSOLE_H
#define BACKEND_CONSOLE_H

#include "core/config.h"
#include "core/error.h"
#include "core/event.h"

#define CONSOLE_OUT_SIZE 16384 /* power of two */

struct console;

/* How kinds of backend differ. */
struct console_backend {
	const char *name;
	/** It needs a path. */
	bool path;
	/** Open; sets in_fd and out_fd or listen_fd. */
	int (*open)(struct console *con, const char *path,
		    struct dm_error *err);
	void (*close)(struct console *con);
	/**
	 * Output may be lost when nobody reads it (pty, socket): the guest
	 * never waits for a peer. Otherwise (stdio, file) it is held back.
	 */
	bool lossy;
	/** The descriptor blocks; ask poll() before writing. */
	bool blocking;
};

struct console_owner {
	/** Bytes the owner can take now; 0 stops reading. */
	size_t (*room)(void *arg);
	void (*receive)(void *arg, const u8 *bytes, size_t n);
	/** There is room for output again, after console_put() refused. */
	void (*drained)(void *arg);
	void *arg;
};

struct console {
	const struct console_backend *backend;
	struct console_owner owner;
	const char *name; /* for messages while opening */
	struct event_loop *loop;
	struct event_source in;       /* in.fd -1: no input now */
	struct event_source out;      /* watched only while write blocks */
	struct event_source flush;    /* timer */
	struct event_source listener; /* socket */
	bool in_added;
	bool out_added;
	void *priv;  /* backend's */
	bool replay; /* a peer that comes gets what buf still has */

	pthread_mutex_t lock; /* everything below */
	u32 head;             /* free-running, next byte to write */
	u32 tail;             /* next byte to hand over */
	bool wrapped;         /* every byte of buf has been written */
	bool flush_armed;
	bool refused; /* a put failed; tell drained() */
	bool paused;  /* input waits for room */
	u64 lost;
	u8 buf[CONSOLE_OUT_SIZE];
};

/** Open the backend. On error nothing is left open. */
int console_open(struct console *con, const struct console_config *cfg,
		 struct event_loop *loop, const struct console_owner *owner,
		 struct dm_error *err);

/** Write what is buffered and close. The event loop must not run any more. */
void console_close(struct console *con);

/** The kind called name, len characters long; false if there is none. */
bool console_find(const char *name, size_t len, enum console_kind *kind,
		  bool *needs_path);

/** Buffer bytes; how many: if fewer than n, drained() will tell. */
size_t console_put_some(struct console *con, const u8 *bytes, size_t n);

/** Buffer a byte; false: no room, drained() will tell. Any thread. */
bool console_put(struct console *con, u8 byte);

/** The owner has room again. Any thread. */
void console_resume(struct console *con);

/* For the backends. */
extern const struct console_backend backend_tap;
extern const struct console_backend backend_stdio;
extern const struct console_backend backend_pty;
extern const struct console_backend backend_socket;
extern const struct console_backend backend_file;
int console_attach_input(struct console *con, int fd);
void console_detach_input(struct console *con);
/** A peer came: hand over again what was said before, if it shall be. */
void console_replay(struct console *con);

#endif
