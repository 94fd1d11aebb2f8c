/* SPDX-License-Identifier: BSD-2-Clause */
/* holm config create: this machine, described. */
#include <errno.h>
#include <string.h>

#include "cell/system.h"
#include "holm/holm.h"

int create_config(const struct holm *h)
{
	FILE *out = h->opt.output ? fopen(h->opt.output, "we") : h->out;
	int rc;

	if (!out)
		return say(h, STATUS_FAILED, "%s: %s", h->opt.output,
			   strerror(errno));
	rc = cell_system_write("", out);
	if (fflush(out) && rc == 0)
		rc = -errno;
	if (out != h->out)
		fclose(out);
	if (rc == -EACCES)
		return say(h, STATUS_FAILED,
			   "only root sees the machine's addresses");
	if (rc)
		return say(h, STATUS_FAILED, "this machine: %s", strerror(-rc));
	return STATUS_DONE;
}
