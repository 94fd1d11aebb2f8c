/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/control.h"

#include "core/listen.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static void reply_add(struct control_reply *r, const char *fmt, va_list ap)
{
	size_t room = sizeof(r->text) - r->len;
	int n = vsnprintf(r->text + r->len, room, fmt, ap);

	if (n < 0 || (size_t)n + 1 >= room) {
		r->overrun = true;
		return;
	}
	r->len += (size_t)n;
	r->text[r->len++] = '\n';
}

void control_say(struct control_reply *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	reply_add(r, fmt, ap);
	va_end(ap);
}

static void do_info(struct control *c, struct control_reply *r)
{
	c->ops.info(c->ops.arg, r);
	control_say(r, "ok");
}

static void do_poweroff(struct control *c, struct control_reply *r)
{
	control_say(r, "listening %d", c->ops.power_button(c->ops.arg));
	control_say(r, "ok");
}

static void do_stop(struct control *c, struct control_reply *r)
{
	c->ops.stop(c->ops.arg);
	control_say(r, "ok");
}

static const struct {
	const char *word;
	void (*fn)(struct control *c, struct control_reply *r);
} requests[] = {
	{ "info", do_info },
	{ "poweroff", do_poweroff },
	{ "stop", do_stop },
};

static void serve_line(struct control *c, const char *line,
		       struct control_reply *r)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(requests); i++) {
		if (strcmp(requests[i].word, line))
			continue;
		requests[i].fn(c, r);
		return;
	}
	control_say(r, "error unknown request '%s'", line);
}

static void client_drop(struct control_client *cl)
{
	event_remove(cl->control->loop, &cl->source);
	close(cl->source.fd);
	cl->source.fd = -1;
}

/* False: the client is not worth being kept. */
static bool client_line(struct control_client *cl)
{
	struct control_reply r = { .len = 0 };

	serve_line(cl->control, cl->line, &r);
	/* Who does not read what he asked for is dropped, not waited for. */
	return !r.overrun && send(cl->source.fd, r.text, r.len, MSG_NOSIGNAL) ==
				     (ssize_t)r.len;
}

static bool client_take(struct control_client *cl, const char *bytes, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (bytes[i] != '\n') {
			if (cl->len + 1 == sizeof(cl->line))
				return false;
			cl->line[cl->len++] = bytes[i];
			continue;
		}
		cl->line[cl->len] = '\0';
		cl->len = 0;
		if (!client_line(cl))
			return false;
	}
	return true;
}

static void on_client(void *arg, u32 events)
{
	struct control_client *cl = arg;
	char bytes[CONTROL_LINE];
	ssize_t n = read(cl->source.fd, bytes, sizeof(bytes));

	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0 || !client_take(cl, bytes, (size_t)n))
		client_drop(cl);
}

static struct control_client *client_free(struct control *c)
{
	size_t i;

	for (i = 0; i < CONTROL_CLIENTS; i++)
		if (c->client[i].source.fd < 0)
			return &c->client[i];
	return NULL;
}

static void on_connect(void *arg, u32 events)
{
	struct control *c = arg;
	struct control_client *cl = client_free(c);
	int fd = accept4(c->listener.fd, NULL, NULL,
			 SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)events;
	if (fd < 0)
		return;
	if (!cl) {
		close(fd);
		return;
	}
	cl->len = 0;
	cl->control = c;
	cl->source = (struct event_source){ on_client, cl, fd, false };
	if (event_add(c->loop, &cl->source, EPOLLIN)) {
		close(fd);
		cl->source.fd = -1;
	}
}

int control_open(struct control *c, const struct rundir *dir,
		 struct event_loop *loop, const struct control_ops *ops,
		 struct dm_error *err)
{
	size_t i;
	int rc;

	memset(c, 0, sizeof(*c));
	c->loop = loop;
	c->ops = *ops;
	c->listener = (struct event_source){ on_connect, c, -1, false };
	for (i = 0; i < CONTROL_CLIENTS; i++)
		c->client[i].source.fd = -1;
	if (!rundir_file(dir, CONTROL_FILE, c->path))
		return 0;
	rc = listen_at(c->path);
	if (rc < 0)
		return dm_fail(err, rc, "control socket %s: %s", c->path,
			       strerror(-rc));
	c->listener.fd = rc;
	rc = event_add(loop, &c->listener, EPOLLIN);
	if (!rc)
		return 0;
	control_close(c);
	return dm_fail(err, rc, "control socket %s: %s", c->path,
		       strerror(-rc));
}

void control_close(struct control *c)
{
	size_t i;

	if (!c->loop || c->listener.fd < 0)
		return;
	unlink(c->path);
	close(c->listener.fd);
	c->listener.fd = -1;
	for (i = 0; i < CONTROL_CLIENTS; i++) {
		if (c->client[i].source.fd >= 0)
			close(c->client[i].source.fd);
		c->client[i].source.fd = -1;
	}
}
