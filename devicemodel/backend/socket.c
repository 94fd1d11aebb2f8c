/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A Unix socket that serves one client at a time. Output while nobody is
 * connected is lost, as on a serial line without a cable. An end of file
 * from the client ends its input and, with it, the connection.
 */
#include "backend/console.h"
#include "core/listen.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
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
	if (con->out.fd >= 0)
		console_replay(con);
}

static int socket_open(struct console *con, const char *path,
		       struct dm_error *err)
{
	int fd = listen_at(path), rc;

	if (fd == -ENAMETOOLONG)
		return dm_fail(err, fd,
			       "socket:%s: a socket's"
			       " path has at most %u characters",
			       path, listen_path_max());
	if (fd < 0)
		return dm_fail(err, fd, "socket:%s: %s", path, strerror(-fd));
	con->listener = (struct event_source){ on_connect, con, fd, false };
	rc = event_add(con->loop, &con->listener, EPOLLIN);
	if (!rc)
		return 0;
	close(fd);
	return dm_fail(err, rc, "socket:%s: %s", path, strerror(-rc));
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
