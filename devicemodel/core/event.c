/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/event.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define EVENT_BATCH 8

int event_loop_init(struct event_loop *loop)
{
	struct epoll_event ev = { .events = EPOLLIN };

	memset(loop, 0, sizeof(*loop));
	loop->epfd = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epfd < 0)
		return -errno;
	loop->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (loop->wake < 0) {
		close(loop->epfd);
		return -errno;
	}
	/* data.ptr NULL marks the stop event. */
	epoll_ctl(loop->epfd, EPOLL_CTL_ADD, loop->wake, &ev);
	return 0;
}

void event_loop_free(struct event_loop *loop)
{
	event_loop_stop(loop);
	close(loop->wake);
	close(loop->epfd);
}

static void event_dispatch(struct event_source *src, u32 events)
{
	u64 ticks;

	if (!src->timer) {
		src->fn(src->arg, events);
		return;
	}
	/* EAGAIN: the timer was set anew since it fired. */
	if (read(src->fd, &ticks, sizeof(ticks)) == sizeof(ticks))
		src->fn(src->arg, 0);
}

/* Returns the number served, 0 on time-out, -ECANCELED on stop. */
int event_loop_poll(struct event_loop *loop, int timeout_ms)
{
	struct epoll_event ev[EVENT_BATCH];
	int i, n;

	n = epoll_wait(loop->epfd, ev, EVENT_BATCH, timeout_ms);
	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	for (i = 0; i < n; i++) {
		if (!ev[i].data.ptr)
			return -ECANCELED;
		event_dispatch(ev[i].data.ptr, ev[i].events);
	}
	return n;
}

static void *event_thread(void *arg)
{
	struct event_loop *loop = arg;

	while (event_loop_poll(loop, -1) >= 0)
		;
	return NULL;
}

int event_loop_start(struct event_loop *loop)
{
	int rc = pthread_create(&loop->thread, NULL, event_thread, loop);

	loop->running = rc == 0;
	return -rc;
}

void event_loop_stop(struct event_loop *loop)
{
	u64 one = 1;

	if (!loop->running)
		return;
	while (write(loop->wake, &one, sizeof(one)) < 0 && errno == EINTR)
		;
	pthread_join(loop->thread, NULL);
	loop->running = false;
}

static int event_ctl(struct event_loop *loop, int op, struct event_source *src,
		     u32 events)
{
	struct epoll_event ev = { .events = events, .data.ptr = src };

	return epoll_ctl(loop->epfd, op, src->fd, &ev) ? -errno : 0;
}

int event_add(struct event_loop *loop, struct event_source *src, u32 events)
{
	return event_ctl(loop, EPOLL_CTL_ADD, src, events);
}

int event_watch(struct event_loop *loop, struct event_source *src, u32 events)
{
	return event_ctl(loop, EPOLL_CTL_MOD, src, events);
}

void event_remove(struct event_loop *loop, struct event_source *src)
{
	event_ctl(loop, EPOLL_CTL_DEL, src, 0);
}

int event_timer_add(struct event_loop *loop, struct event_source *src)
{
	int rc;

	src->timer = true;
	src->fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (src->fd < 0)
		return -errno;
	rc = event_add(loop, src, EPOLLIN);
	if (rc) {
		close(src->fd);
		src->fd = -1;
	}
	return rc;
}

#define NS_PER_S 1000000000ULL

void event_timer_set(struct event_source *src, u64 first_ns, u64 interval_ns)
{
	struct itimerspec its = {
		.it_value = { (time_t)(first_ns / NS_PER_S),
			      (long)(first_ns % NS_PER_S) },
		.it_interval = { (time_t)(interval_ns / NS_PER_S),
				 (long)(interval_ns % NS_PER_S) },
	};

	timerfd_settime(src->fd, 0, &its, NULL);
}

void event_timer_free(struct event_loop *loop, struct event_source *src)
{
	event_remove(loop, src);
	close(src->fd);
	src->fd = -1;
}
