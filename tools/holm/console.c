/* SPDX-License-Identifier: BSD-2-Clause */
/* holm vm console: the tap of a VM's serial port on this terminal. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "holm/dm.h"
#include "holm/holm.h"
#include "holm/json.h"
#include "holm/terminal.h"
#include "holm/vms.h"

#define ESCAPE 0x1d /* Ctrl-] */

enum { IN, TAP };

struct session {
	struct pollfd fd[2]; /* standard input, the tap */
	bool terminal;
	bool left; /* by the escape key */
	bool any;  /* the VM has said something */
};

static bool write_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t done = write(fd, p, n);

		if (done < 0 && errno != EINTR)
			return false;
		if (done > 0) {
			p += done;
			n -= (size_t)done;
		}
	}
	return true;
}

/* False: the session ends. */
static bool from_user(struct session *s)
{
	char buf[256];
	ssize_t n = read(s->fd[IN].fd, buf, sizeof(buf));
	char *escape;

	if (n < 0 && errno == EINTR)
		return true;
	if (n <= 0) {
		/* Nothing more to say, but still to hear. */
		s->fd[IN].fd = -1;
		return !s->terminal;
	}
	escape = s->terminal ? memchr(buf, ESCAPE, (size_t)n) : NULL;
	if (escape) {
		s->left = true;
		n = escape - buf;
	}
	return write_all(s->fd[TAP].fd, buf, (size_t)n) && !escape;
}

static bool from_vm(struct session *s)
{
	char buf[4096];
	ssize_t n = read(s->fd[TAP].fd, buf, sizeof(buf));

	if (n < 0)
		return errno == EINTR || errno == EAGAIN;
	s->any |= n > 0;
	return n > 0 && write_all(STDOUT_FILENO, buf, (size_t)n);
}

static void serve(struct session *s)
{
	bool on = true;

	while (on && !terminal_ended()) {
		if (terminal_poll(s->fd, 2) < 0)
			continue;
		if (s->fd[TAP].revents)
			on = from_vm(s);
		if (on && s->fd[IN].fd >= 0 && s->fd[IN].revents)
			on = from_user(s);
	}
}

/* The tap closed: because the VM ended, or because it has another user? */
static int tell_end(const struct holm *h, const struct session *s)
{
	struct dm dm;

	if (s->left || terminal_ended()) {
		fprintf(h->err, "\r\nholm: left the console of %s\n", h->name);
		return STATUS_DONE;
	}
	if (!s->any && !dm_open(&dm, h, h->name)) {
		dm_close(&dm);
		return say(h, STATUS_BUSY,
			   "the console of '%s' has another user", h->name);
	}
	fprintf(h->err, "\r\nholm: %s is gone\n", h->name);
	return STATUS_DONE;
}

static int attach(const struct holm *h, const char *port)
{
	struct session s = { .fd = { { STDIN_FILENO, POLLIN, 0 } } };
	int fd = dm_connect(h, h->name, port);

	if (fd < 0)
		return say(h, STATUS_BUSY, "%s of '%s': %s", port, h->name,
			   strerror(-fd));
	s.fd[TAP] = (struct pollfd){ fd, POLLIN, 0 };
	s.terminal = terminal_raw();
	if (s.terminal)
		fprintf(h->err, "holm: %s of %s; Ctrl-] leaves\r\n", port,
			h->name);
	serve(&s);
	terminal_restore();
	close(fd);
	return tell_end(h, &s);
}

/* The port that is asked for, if the VM has it; else its first one. */
static int find_port(const struct holm *h, const struct dm *dm, char *port,
		     size_t size)
{
	char key[32];

	if (!h->opt.port) {
		if (dm_value(dm, "console", port, size))
			return STATUS_DONE;
		return say(h, STATUS_BUSY,
			   "'%s' has no serial port; acrn-dm makes one with "
			   "-l com1,none",
			   h->name);
	}
	if (strcmp(h->opt.port, "com1") && strcmp(h->opt.port, "com2"))
		return say(h, STATUS_USAGE, "--port %s: must be com1 or com2",
			   h->opt.port);
	snprintf(key, sizeof(key), "console %s\n", h->opt.port);
	if (!strstr(dm->text, key))
		return say(h, STATUS_BUSY, "'%s' has no %s", h->name,
			   h->opt.port);
	snprintf(port, size, "%s", h->opt.port);
	return STATUS_DONE;
}

static void print_place(const struct holm *h, const char *port)
{
	char path[160];
	struct json js;

	snprintf(path, sizeof(path), "%s/%s/%s",
		 h->opt.run_dir ? h->opt.run_dir : DM_RUN_DIR, h->name, port);
	json_begin(&js, h->out, SCHEMA);
	json_text(&js, "name", h->name, 64);
	json_text(&js, "port", port, 16);
	json_text(&js, "socket", path, sizeof(path));
	json_end(&js);
}

/* Nobody answers: is there such a VM at all? */
static int no_server(const struct holm *h, int err)
{
	struct holm_vm vm;
	int status = vms_get(h, &vm);

	if (status)
		return status;
	return say(h, STATUS_BUSY, "no device model of '%s' answers: %s",
		   h->name, strerror(-err));
}

int do_console(const struct holm *h)
{
	struct dm dm;
	char port[16];
	int status, err = dm_open(&dm, h, h->name);

	if (err)
		return no_server(h, err);
	err = dm_ask(&dm, "info");
	status =
		err ? no_server(h, err) : find_port(h, &dm, port, sizeof(port));
	dm_close(&dm);
	if (status)
		return status;
	if (!h->opt.json)
		return attach(h, port);
	print_place(h, port);
	return STATUS_DONE;
}
