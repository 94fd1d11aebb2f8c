/* SPDX-License-Identifier: BSD-2-Clause */
#include "pci/pci_opts.h"

#include <errno.h>
#include <string.h>

static const struct pci_opt *opt_find(const struct pci_opts *opts,
				      const char *item, size_t len)
{
	const struct pci_opt *o, *any = NULL;
	size_t i;

	for (i = 0; i < opts->count; i++) {
		o = &opts->opt[i];
		if (!o->name)
			any = o;
		else if (strlen(o->name) == len && !strncmp(o->name, item, len))
			return o;
	}
	return any;
}

static int opt_set(const struct pci_opts *opts, char *item, void *settings,
		   struct dm_error *err)
{
	size_t len = strcspn(item, "=");
	const struct pci_opt *o = opt_find(opts, item, len);
	bool has_value = item[len] == '=';

	if (!o || !*item)
		return dm_fail(err, -EINVAL, "'%s' is no option of it", item);
	if (!o->name)
		return o->set(settings, item, err);
	if (o->arg && (!has_value || !item[len + 1]))
		return dm_fail(err, -EINVAL, "'%s' needs a value: %s=%s", item,
			       o->name, o->arg);
	if (!o->arg && has_value)
		return dm_fail(err, -EINVAL, "'%s': %s takes no value", item,
			       o->name);
	return o->set(settings, item + len + has_value, err);
}

int pci_opts_parse(const struct pci_opts *opts, char *text, void *settings,
		   struct dm_error *err)
{
	char *item, *next = text;
	int rc = 0;

	while (!rc && (item = strsep(&next, ",")))
		rc = opt_set(opts, item, settings, err);
	return rc;
}

void pci_opts_print(const struct pci_opts *opts, FILE *out)
{
	const struct pci_opt *o;
	char left[64];
	size_t i;

	for (i = 0; i < opts->count; i++) {
		o = &opts->opt[i];
		snprintf(left, sizeof(left), "%s%s%s", o->name ? o->name : "",
			 o->name && o->arg ? "=" : "", o->arg ? o->arg : "");
		fprintf(out, "    %-22s  %s\n", left, o->help);
	}
}
