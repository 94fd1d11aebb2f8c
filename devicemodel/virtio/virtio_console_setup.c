/* SPDX-License-Identifier: BSD-2-Clause */
/* The options of a console device: a list of ports. */
#include "virtio/virtio_console.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int bad_port(const char *item, struct dm_error *err)
{
	return dm_fail(err, -EINVAL,
		       "'%s': a port is [@]stdio:NAME, [@]pty:NAME,"
		       " [@]file:NAME=PATH or [@]socket:NAME=PATH, with @ for"
		       " a console",
		       item);
}

static int set_name(struct port_config *p, const char *name, size_t len)
{
	size_t i;

	if (len == 0 || len > PORT_NAME_MAX)
		return -EINVAL;
	for (i = 0; i < len; i++)
		if (!isgraph((unsigned char)name[i]))
			return -EINVAL;
	memcpy(p->name, name, len);
	p->name[len] = 0;
	return 0;
}

static bool is_taken(const struct vcon_settings *s, const struct port_config *p)
{
	u32 i;

	for (i = 0; i < s->count; i++)
		if (!strcmp(s->port[i].name, p->name))
			return true;
	return false;
}

static int set_port(void *settings, char *item, struct dm_error *err)
{
	struct vcon_settings *s = settings;
	struct port_config p = { .is_console = item[0] == '@' };
	const char *kind = item + p.is_console, *colon = strchr(kind, ':');
	const char *name, *equals;
	bool needs_path;

	if (s->count == PORTS_MAX)
		return dm_fail(err, -EINVAL, "'%s': at most %d ports", item,
			       PORTS_MAX);
	if (!colon || !console_find(kind, (size_t)(colon - kind),
				    &p.backend.kind, &needs_path))
		return bad_port(item, err);
	name = colon + 1;
	equals = strchr(name, '=');
	if (needs_path != (equals && equals[1]) ||
	    set_name(&p, name, strcspn(name, "=")))
		return bad_port(item, err);
	if (is_taken(s, &p))
		return dm_fail(err, -EINVAL, "'%s': another port has this name",
			       item);
	p.backend.path = equals ? equals + 1 : NULL;
	s->port[s->count++] = p;
	return 0;
}

/* clang-format off */
static const struct pci_opt options[] = {
	{ NULL, "[@]KIND:NAME[=PATH]", set_port,
	  "a port on stdio, pty, file=PATH or socket=PATH; @: a console" },
};
/* clang-format on */
const struct pci_opts virtio_console_opts = { options, ARRAY_SIZE(options) };

int virtio_console_init(struct pci_dev *pci, const char *opts,
			struct dm_error *err)
{
	struct vcon_settings *s = calloc(1, sizeof(*s));
	char *text = strdup(opts ? opts : "");
	int rc;

	if (!s || !text) {
		rc = dm_fail(err, -ENOMEM, "no memory for virtio-console");
		goto out;
	}
	rc = opts ? pci_opts_parse(&virtio_console_opts, text, s, err)
		  : dm_fail(err, -EINVAL, "no port given");
	if (!rc)
		rc = virtio_console_create(pci, s, err);
out:
	free(text);
	free(s);
	return rc;
}
