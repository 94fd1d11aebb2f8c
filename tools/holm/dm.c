/* SPDX-License-Identifier: BSD-2-Clause */
#include "holm/dm.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define ANSWER_MS 5000

int dm_connect(const struct holm *h, const char *name, const char *file)
{
	const char *dir = h->opt.run_dir ? h->opt.run_dir : DM_RUN_DIR;
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd, rc;

	if ((size_t)snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/%s/%s",
			     dir, name, file) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (!connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
		return fd;
	rc = -errno;
	close(fd);
	return rc;
}

int dm_open(struct dm *dm, const struct holm *h, const char *name)
{
	dm->fd = dm_connect(h, name, "control");
	dm->text[0] = '\0';
	return dm->fd < 0 ? dm->fd : 0;
}

void dm_close(struct dm *dm)
{
	if (dm->fd >= 0)
		close(dm->fd);
	dm->fd = -1;
}

int dm_pid(const struct dm *dm)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (getsockopt(dm->fd, SOL_SOCKET, SO_PEERCRED, &peer, &len))
		return 0;
	return peer.pid;
}

static long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* More of the answer: bytes, 0 at its end, or an error. */
static int read_more(struct dm *dm, size_t at, long deadline)
{
	struct pollfd p = { dm->fd, POLLIN, 0 };
	long left = deadline - now_ms();
	ssize_t n;

	if (left <= 0 || poll(&p, 1, (int)left) == 0)
		return -ETIMEDOUT;
	n = read(dm->fd, dm->text + at, sizeof(dm->text) - 1 - at);
	if (n < 0)
		return errno == EINTR || errno == EAGAIN ? 0 : -errno;
	if (n == 0)
		return -EPIPE;
	return (int)n;
}

/* The line that ends an answer, or NULL: it is not there yet. */
static char *last_line(char *text)
{
	char *line = text, *end;

	for (; (end = strchr(line, '\n')); line = end + 1)
		if (!strncmp(line, "ok\n", 3) || !strncmp(line, "error ", 6))
			return line;
	return NULL;
}

int dm_ask(struct dm *dm, const char *request)
{
	long deadline = now_ms() + ANSWER_MS;
	char line[64], *last = NULL;
	size_t at = 0;
	int n = snprintf(line, sizeof(line), "%s\n", request);

	memset(dm->text, 0, sizeof(dm->text));
	if (send(dm->fd, line, (size_t)n, MSG_NOSIGNAL) != n)
		return -EPIPE;
	while (!last) {
		if (at == sizeof(dm->text) - 1)
			return -EPROTO;
		n = read_more(dm, at, deadline);
		if (n < 0)
			return n;
		at += (size_t)n;
		last = last_line(dm->text);
	}
	n = *last == 'o' ? 0 : -EPROTO;
	*last = '\0';
	return n;
}

bool dm_value(const struct dm *dm, const char *key, char *buf, size_t size)
{
	size_t len = strlen(key);
	const char *line = dm->text;

	for (; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, len) || line[len] != ' ')
			continue;
		snprintf(buf, size, "%.*s", (int)strcspn(line + len + 1, "\n"),
			 line + len + 1);
		return true;
	}
	return false;
}

bool dm_wait_end(struct dm *dm, unsigned int seconds)
{
	long deadline = now_ms() + (long)seconds * 1000;
	int rc;

	/* It says nothing more; what comes is the end. */
	do {
		memset(dm->text, 0, sizeof(dm->text));
		rc = read_more(dm, 0, deadline);
	} while (rc >= 0);
	return rc != -ETIMEDOUT;
}
