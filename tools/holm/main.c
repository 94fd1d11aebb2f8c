/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "holm/parse.h"

int main(int argc, char **argv)
{
	struct holm h = { .out = stdout, .err = stderr };
	const struct command *c;
	struct source src;
	int err, status;

	/* Who closes the pipe or the console ends a write, not us. */
	signal(SIGPIPE, SIG_IGN);
	c = parse(&h, argc, argv, &status);
	if (!c)
		return status;
	err = source_open(&src);
	if (err && !command_runs_anywhere(c))
		return say(&h, STATUS_NO_HOLM,
			   "/dev/holm: %s; is Linux running on Holm, with "
			   "the acrn_hsm driver loaded?",
			   strerror(-err));
	h.src = err ? NULL : &src;
	status = c->fn(&h);
	if (!err)
		source_close(&src);
	/* What was written before may be what failed. */
	if ((fflush(stdout) || ferror(stdout)) && !status)
		status = say(&h, STATUS_FAILED, "output: %s", strerror(errno));
	return status;
}
