/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The event loop: one thread, epoll, file descriptors and timers.
 *
 * Sources are added before the thread starts or on it, and removed on it or
 * after it ended; so a callback never runs for a source that is gone.
 * event_watch() and event_timer_set() may be called from any thread.
 */
#ifndef CORE_EVENT_H
#define CORE_EVENT_H

#include "core/types.h"

#include <pthread.h>

struct event_source {
	/** events: EPOLLIN and so on; 0 for a timer that expired. */
	void (*fn)(void *arg, u32 events);
	void *arg;
	int fd;
	bool timer;
};

struct event_loop {
	int epfd;
	int wake; /* eventfd: stop */
	bool running;
	pthread_t thread;
};

int event_loop_init(struct event_loop *loop);
int event_loop_start(struct event_loop *loop);

/** End the thread and wait for it. Harmless when it does not run. */
void event_loop_stop(struct event_loop *loop);
void event_loop_free(struct event_loop *loop);

/** Serve what is ready, waiting at most timeout_ms; for tests. */
int event_loop_poll(struct event_loop *loop, int timeout_ms);

/** src->fd, fn and arg are set by the caller, who keeps owning the fd. */
int event_add(struct event_loop *loop, struct event_source *src, u32 events);
int event_watch(struct event_loop *loop, struct event_source *src, u32 events);
void event_remove(struct event_loop *loop, struct event_source *src);

/** Make src a timer; its fd is owned by src, see event_timer_free(). */
int event_timer_add(struct event_loop *loop, struct event_source *src);

/** Fire in first_ns (0: disarm), then every interval_ns (0: once). */
void event_timer_set(struct event_source *src, u64 first_ns, u64 interval_ns);
void event_timer_free(struct event_loop *loop, struct event_source *src);

#endif
