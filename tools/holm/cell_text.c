/* SPDX-License-Identifier: BSD-2-Clause */
/* holm cell compile, show: between people's form and the hypervisor's. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cell/compile.h"
#include "holm/holm.h"

/* What the hypervisor reads of the file. Returns an exit status. */
static int compile(const struct holm *h, struct holm_cell_desc **d)
{
	struct cell_config *cfg;
	int rc;

	if (cell_config_load(h->name, &cfg, h->err))
		return STATUS_FAILED;
	rc = cell_compile(cfg, NULL, 0, d);
	cell_config_free(cfg);
	if (rc == -ENOENT)
		return say(h, STATUS_FAILED,
			   "%s: this machine lacks one of the CPUs; name it as "
			   "'lapic N' to compile for another",
			   h->name);
	if (rc)
		return say(h, STATUS_FAILED, "%s: %s", h->name, strerror(-rc));
	return STATUS_DONE;
}

int do_cell_compile(const struct holm *h)
{
	struct holm_cell_desc *d;
	size_t done = 0;
	FILE *f;
	int rc;

	if (!h->opt.output)
		return say(h, STATUS_USAGE, "'cell compile' needs --output");
	rc = compile(h, &d);
	if (rc)
		return rc;
	f = fopen(h->opt.output, "we");
	if (f)
		done = fwrite(d, 1, d->size, f);
	if (!f || done != d->size || fflush(f))
		rc = say(h, STATUS_FAILED, "%s: %s", h->opt.output,
			 strerror(errno));
	if (f)
		fclose(f);
	free(d);
	return rc;
}

int do_cell_show(const struct holm *h)
{
	struct report r = { .n = 0 };
	struct holm_cell_desc *d;
	int rc = compile(h, &d);

	if (rc)
		return rc;
	if (cell_decompile(h->name, d, d->size, h->out, &r))
		rc = STATUS_FAILED;
	report_print(&r, h->err);
	report_free(&r);
	free(d);
	return rc;
}
