/* SPDX-License-Identifier: BSD-2-Clause */
/* A pseudo-terminal: any terminal program may come and go on its slave. */
#include "backend/console.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static int pty_open(struct console *con, const char *path, struct dm_error *err)
{
	int master, slave = -1, rc;
	struct termios raw;
	char name[64];

	(void)path;
	master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (master < 0)
		return dm_fail(err, -errno, "cannot make a pty: %s",
			       strerror(errno));
	if (grantpt(master) || unlockpt(master) ||
	    ptsname_r(master, name, sizeof(name)))
		goto fail;
	/* Kept open, so that the master sees no hang-up between readers. */
	slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (slave < 0 || tcgetattr(slave, &raw))
		goto fail;
	cfmakeraw(&raw);
	tcsetattr(slave, TCSANOW, &raw);
	con->out.fd = master;
	con->priv = (void *)(intptr_t)slave;
	rc = console_attach_input(con, master);
	if (rc) {
		errno = -rc;
		goto fail;
	}
	dm_msg("%s on %s", con->name, name);
	return 0;
fail:
	rc = errno ? -errno : -EIO;
	if (slave >= 0)
		close(slave);
	close(master);
	return dm_fail(err, rc, "cannot set up a pty: %s", strerror(-rc));
}

static void pty_close(struct console *con)
{
	close(con->out.fd);
	close((int)(intptr_t)con->priv);
}

const struct console_backend backend_pty = {
	.name = "pty",
	.open = pty_open,
	.close = pty_close,
	.lossy = true,
};
