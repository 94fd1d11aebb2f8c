/* SPDX-License-Identifier: BSD-2-Clause */
/* Output into a file, from its beginning; no input. */
#include "backend/console.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static int file_open(struct console *con, const char *path,
		     struct dm_error *err)
{
	con->out.fd =
		open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (con->out.fd < 0)
		return dm_fail(err, -errno, "file:%s: %s", path,
			       strerror(errno));
	return 0;
}

static void file_close(struct console *con)
{
	close(con->out.fd);
}

const struct console_backend backend_file = {
	.name = "file",
	.path = true,
	.open = file_open,
	.close = file_close,
};
