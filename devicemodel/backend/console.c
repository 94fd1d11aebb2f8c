/* SPDX-License-Identifier: BSD-2-Clause */
#include "backend/console.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define FLUSH_DELAY_NS 2000000ULL /* collects a burst */
#define CLOSE_WAIT_MS  1000
#define OUT_MASK       (CONSOLE_OUT_SIZE - 1)

static const struct console_backend *const backends[] = {
	[CONSOLE_TAP] = &backend_tap,   [CONSOLE_STDIO] = &backend_stdio,
	[CONSOLE_PTY] = &backend_pty,   [CONSOLE_SOCKET] = &backend_socket,
	[CONSOLE_FILE] = &backend_file,
};

bool console_find(const char *name, size_t len, enum console_kind *kind,
		  bool *needs_path)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(backends); i++) {
		if (!backends[i] || strlen(backends[i]->name) != len ||
		    strncmp(backends[i]->name, name, len))
			continue;
		*kind = (enum console_kind)i;
		*needs_path = backends[i]->path;
		return true;
	}
	return false;
}

static ssize_t console_write(const struct console *con, u32 at, u32 run)
{
	struct pollfd p = { con->out.fd, POLLOUT, 0 };

	if (con->out.fd < 0) {
		errno = EPIPE;
		return -1;
	}
	/* A pipe that is ready takes PIPE_BUF bytes without blocking. */
	if (con->backend->blocking) {
		if (run > PIPE_BUF)
			run = PIPE_BUF;
		if (poll(&p, 1, 0) == 0) {
			errno = EAGAIN;
			return -1;
		}
	}
	return write(con->out.fd, con->buf + (at & OUT_MASK), run);
}

/*
 * Hand over the buffer, wrapping at its end, until it is empty (0), the peer
 * takes no more (-EAGAIN) or is gone. Only one thread at a time drains: the
 * event loop's, or the closing one after that ended. Writing happens without
 * the lock, as head moves on only and [tail, head) does not change.
 */
static int console_drain(struct console *con)
{
	u32 head, tail, run;
	ssize_t n;

	for (;;) {
		pthread_mutex_lock(&con->lock);
		head = con->head;
		tail = con->tail;
		pthread_mutex_unlock(&con->lock);
		if (head == tail)
			return 0;
		run = CONSOLE_OUT_SIZE - (tail & OUT_MASK);
		if (run > head - tail)
			run = head - tail;
		n = console_write(con, tail, run);
		if (n < 0)
			return -errno;
		pthread_mutex_lock(&con->lock);
		con->tail += (u32)n;
		pthread_mutex_unlock(&con->lock);
	}
}

static void console_discard(struct console *con)
{
	pthread_mutex_lock(&con->lock);
	con->lost += con->head - con->tail;
	con->tail = con->head;
	pthread_mutex_unlock(&con->lock);
}

static void console_tell_drained(struct console *con)
{
	bool tell;

	pthread_mutex_lock(&con->lock);
	tell = con->refused && con->head - con->tail < CONSOLE_OUT_SIZE;
	if (tell)
		con->refused = false;
	pthread_mutex_unlock(&con->lock);
	if (tell)
		con->owner.drained(con->owner.arg);
}

static void console_watch_out(struct console *con, bool on)
{
	if (on == con->out_added)
		return;
	if (on && event_add(con->loop, &con->out, EPOLLOUT))
		return;
	if (!on)
		event_remove(con->loop, &con->out);
	con->out_added = on;
}

static void console_flush(struct console *con)
{
	int rc;

	pthread_mutex_lock(&con->lock);
	con->flush_armed = false;
	pthread_mutex_unlock(&con->lock);
	do
		rc = console_drain(con);
	while (rc == -EINTR);
	/* A full disk or a closed pipe: losing output beats hanging a guest. */
	if (rc && (rc != -EAGAIN || con->backend->lossy))
		console_discard(con);
	console_watch_out(con, rc == -EAGAIN && !con->backend->lossy);
	console_tell_drained(con);
}

static void on_flush(void *arg, u32 events)
{
	(void)events;
	console_flush(arg);
}

/*
 * Off the loop altogether: a hang-up is reported even to those who watch for
 * nothing. The lock orders this with console_resume() on another thread.
 */
static void console_pause(struct console *con)
{
	pthread_mutex_lock(&con->lock);
	con->paused = true;
	event_remove(con->loop, &con->in);
	pthread_mutex_unlock(&con->lock);
}

/*
 * Level-triggered: what does not fit now is reported again. Pausing first
 * and asking for room again closes the race with console_resume().
 */
static void on_input(void *arg, u32 events)
{
	struct console *con = arg;
	size_t room = con->owner.room(con->owner.arg);
	u8 bytes[256];
	ssize_t n;

	(void)events;
	if (!room) {
		console_pause(con);
		if (con->owner.room(con->owner.arg))
			console_resume(con);
		return;
	}
	n = read(con->in.fd, bytes,
		 room < sizeof(bytes) ? room : sizeof(bytes));
	if (n > 0)
		con->owner.receive(con->owner.arg, bytes, (size_t)n);
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		console_detach_input(con);
}

int console_attach_input(struct console *con, int fd)
{
	int rc;

	con->in.fd = fd;
	con->in.fn = on_input;
	con->in.arg = con;
	rc = event_add(con->loop, &con->in, EPOLLIN);
	con->in_added = rc == 0;
	/* A regular file or /dev/null cannot be watched: no input from it. */
	if (rc == -EPERM)
		rc = 0;
	return rc;
}

void console_detach_input(struct console *con)
{
	if (con->in_added)
		event_remove(con->loop, &con->in);
	con->in_added = false;
}

int console_open(struct console *con, const struct console_config *cfg,
		 struct event_loop *loop, const struct console_owner *owner,
		 struct dm_error *err)
{
	int rc;

	memset(con, 0, sizeof(*con));
	con->backend = backends[cfg->kind];
	con->replay = cfg->replay;
	con->owner = *owner;
	con->name = cfg->name ? cfg->name : "serial console";
	con->loop = loop;
	con->in.fd = -1;
	con->out = (struct event_source){ on_flush, con, -1, false };
	con->flush = (struct event_source){ on_flush, con, -1, true };
	con->listener.fd = -1;
	pthread_mutex_init(&con->lock, NULL);
	rc = event_timer_add(loop, &con->flush);
	if (rc)
		return dm_fail(err, rc, "no timer for a console: %s",
			       strerror(-rc));
	rc = con->backend->open(con, cfg->path, err);
	if (rc)
		event_timer_free(loop, &con->flush);
	return rc;
}

/* Give a slow reader a moment, but do not wait for one that never reads. */
static void console_drain_last(struct console *con)
{
	struct pollfd p = { con->out.fd, POLLOUT, 0 };
	int rc;

	for (;;) {
		rc = console_drain(con);
		if (rc == -EINTR)
			continue;
		if (rc != -EAGAIN || poll(&p, 1, CLOSE_WAIT_MS) <= 0)
			return;
	}
}

void console_close(struct console *con)
{
	console_drain_last(con);
	console_detach_input(con);
	console_watch_out(con, false);
	event_timer_free(con->loop, &con->flush);
	con->backend->close(con);
	pthread_mutex_destroy(&con->lock);
}

size_t console_put_some(struct console *con, const u8 *bytes, size_t n)
{
	bool arm = false;
	size_t i;

	pthread_mutex_lock(&con->lock);
	for (i = 0; i < n && con->head - con->tail < CONSOLE_OUT_SIZE; i++)
		con->buf[con->head++ & OUT_MASK] = bytes[i];
	con->wrapped |= con->head >= CONSOLE_OUT_SIZE;
	if (i) {
		arm = !con->flush_armed;
		con->flush_armed = true;
	}
	if (i < n && con->backend->lossy) {
		con->lost += n - i;
		i = n;
	} else if (i < n) {
		con->refused = true;
	}
	pthread_mutex_unlock(&con->lock);
	if (arm)
		event_timer_set(&con->flush, FLUSH_DELAY_NS, 0);
	return i;
}

void console_replay(struct console *con)
{
	if (!con->replay)
		return;
	pthread_mutex_lock(&con->lock);
	con->tail = con->wrapped ? con->head - CONSOLE_OUT_SIZE : 0;
	con->flush_armed = true;
	pthread_mutex_unlock(&con->lock);
	event_timer_set(&con->flush, 1, 0);
}

bool console_put(struct console *con, u8 byte)
{
	return console_put_some(con, &byte, 1) == 1;
}

void console_resume(struct console *con)
{
	pthread_mutex_lock(&con->lock);
	if (con->paused)
		event_add(con->loop, &con->in, EPOLLIN);
	con->paused = false;
	pthread_mutex_unlock(&con->lock);
}
