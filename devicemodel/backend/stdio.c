/* SPDX-License-Identifier: BSD-2-Clause */
/* The terminal acrn-dm was started on, raw while the guest has it. */
#include "backend/console.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

static int stdio_open(struct console *con, const char *path,
		      struct dm_error *err)
{
	struct termios *saved, raw;
	int rc;

	(void)path;
	/* Not O_NONBLOCK: it would be shared with the shell. */
	con->out.fd = STDOUT_FILENO;
	rc = console_attach_input(con, STDIN_FILENO);
	if (rc == -EEXIST)
		return dm_fail(err, rc, "another port has standard input");
	if (rc)
		return dm_fail(err, rc, "cannot watch standard input: %s",
			       strerror(-rc));
	if (!isatty(STDIN_FILENO))
		return 0;
	saved = malloc(sizeof(*saved));
	if (!saved)
		return dm_fail(err, -ENOMEM, "no memory for a console");
	tcgetattr(STDIN_FILENO, saved);
	raw = *saved;
	cfmakeraw(&raw);
	raw.c_oflag |= OPOST | ONLCR; /* keeps our messages straight */
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	con->priv = saved;
	return 0;
}

static void stdio_close(struct console *con)
{
	if (con->priv)
		tcsetattr(STDIN_FILENO, TCSADRAIN, con->priv);
	free(con->priv);
	con->priv = NULL;
}

const struct console_backend backend_stdio = {
	.name = "stdio",
	.open = stdio_open,
	.close = stdio_close,
	.blocking = true,
};
