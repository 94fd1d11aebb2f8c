/* SPDX-License-Identifier: BSD-2-Clause */
/* holm cell compile, show: between people's form and the hypervisor's. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cell/compile.h"
#include "holm/holm.h"

/* NULL after saying why. */
static struct cell_config *load(const struct holm *h)
{
	struct cell_config *cfg;

	return cell_config_load(h->name, &cfg, h->err) ? NULL : cfg;
}

static int compile(const struct holm *h, const struct cell_config *cfg,
		   struct holm_cell_desc **d)
{
	int rc = cell_compile(cfg, NULL, 0, d);

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
	struct cell_config *cfg;
	struct holm_cell_desc *d;
	size_t done = 0;
	FILE *f;
	int rc;

	if (!h->opt.output)
		return say(h, STATUS_USAGE, "'cell compile' needs --output");
	cfg = load(h);
	if (!cfg)
		return STATUS_FAILED;
	rc = compile(h, cfg, &d);
	cell_config_free(cfg);
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
	struct cell_config *cfg = load(h);
	struct holm_cell_desc *d;
	int rc;

	if (!cfg)
		return STATUS_FAILED;
	rc = compile(h, cfg, &d);
	cell_config_free(cfg);
	if (rc)
		return rc;
	if (cell_decompile(h->name, d, d->size, h->out, &r))
		rc = STATUS_FAILED;
	report_print(&r, h->err);
	report_free(&r);
	free(d);
	return rc;
}
