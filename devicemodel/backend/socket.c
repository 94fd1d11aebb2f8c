/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A Unix socket that serves one client at a time. Output while nobody is
 * connected is lost, as on a serial line without a cable. An end of file
 * from the client ends its input and, with it, the connection.
 */
#include "backend/console.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static void client_drop(struct console *con)
{
	if (con->out.fd < 0)
		return;
	console_detach_input(con);
	close(con->out.fd);
	con->out.fd = -1;
	con->in.fd = -1;
}

static void on_connect(void *arg, u32 events)
{
	struct console *con = arg;
	int fd = accept4(con->listener.fd, NULL, NULL,
			 SOCK_NONBLOCK | SOCK_CLOEXEC);

	(void)events;
	if (fd < 0)
		return;
	/* Input was detached at the client's end of file: free for another. */
	if (con->out.fd >= 0 && con->in_added) {
		close(fd);
		return;
	}
	client_drop(con);
	if (console_attach_input(con, fd))
		close(fd);
	else
		con->out.fd = fd;
}

/* A socket left by one that was killed is in the way; any other file stays. */
static void remove_stale(const char *path)
{
	struct stat st;

	if (!lstat(path, &st) && S_ISSOCK(st.st_mode))
		unlink(path);
}

static int socket_open(struct console *con, const char *path,
		       struct dm_error *err)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd, rc;

	if (strlen(path) >= sizeof(addr.sun_path))
		return dm_fail(err, -ENAMETOOLONG,
			       "socket:%s: a socket's"
			       " path has at most %zu characters",
			       path, sizeof(addr.sun_path) - 1);
	strcpy(addr.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return dm_fail(err, -errno, "socket:%s: %s", path,
			       strerror(errno));
	remove_stale(path);
	con->listener = (struct event_source){ on_connect, con, fd, false };
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) || listen(fd, 1))
		rc = -errno;
	else
		rc = event_add(con->loop, &con->listener, EPOLLIN);
	if (rc) {
		close(fd);
		return dm_fail(err, rc, "socket:%s: %s", path, strerror(-rc));
	}
	return 0;
}

static void socket_close(struct console *con)
{
	struct sockaddr_un addr;
	socklen_t len = sizeof(addr);

	client_drop(con);
	if (!getsockname(con->listener.fd, (struct sockaddr *)&addr, &len))
		unlink(addr.sun_path);
	event_remove(con->loop, &con->listener);
	close(con->listener.fd);
}

const struct console_backend backend_socket = {
	.name = "socket",
	.path = true,
	.open = socket_open,
	.close = socket_close,
	.lossy = true,
};
