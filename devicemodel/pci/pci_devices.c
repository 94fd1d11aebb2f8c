/* SPDX-License-Identifier: BSD-2-Clause */
/* The kinds of PCI functions, by the names -s knows. */
#include "pci/pci.h"

#include "virtio/virtio.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct pci_kind {
	const char *name;
	struct pci_ids ids;
	/** NULL: a function with nothing beyond its identification. */
	int (*init)(struct pci_dev *dev, const char *opts,
		    struct dm_error *err);
	const char *about;
	const struct pci_opts *opts; /* NULL: takes none */
};

/* clang-format off */

static const struct pci_kind kinds[] = {
	{ "hostbridge", { 0x8086, 0x0d57, 0x060000, 0 }, NULL,
	  "host bridge; at 0 unless given", NULL },
	{ "lpc", { 0x8086, 0x7000, 0x060100, 0 }, NULL,
	  "ISA bridge; at 31 unless given", NULL },
	{ "virtio-blk", { VIRTIO_VENDOR, 0x1042, 0x010000, 1 },
	  virtio_blk_init, "a disk", &virtio_blk_opts },
	{ "virtio-console", { VIRTIO_VENDOR, 0x1043, 0x078000, 1 },
	  virtio_console_init, "up to 16 consoles or ports",
	  &virtio_console_opts },
	{ "virtio-rnd", { VIRTIO_VENDOR, 0x1044, 0x00ff00, 1 },
	  virtio_rng_init, "random numbers", NULL },
};
/* clang-format on */

static const struct pci_kind *kind_find(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(kinds[i].name, name))
			return &kinds[i];
	return NULL;
}

static int kind_list(const char *name, u8 slot, struct dm_error *err)
{
	char list[128] = "";
	size_t i, len = 0;

	for (i = 0; i < ARRAY_SIZE(kinds) && len < sizeof(list); i++)
		len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s",
					i ? ", " : "", kinds[i].name);
	return dm_fail(err, -EINVAL, "-s %u,%s: no such device; there are %s",
		       slot, name, list);
}

/* asked: help, SLOT,help or SLOT,DEVICE,help */
static const struct pci_kind *kind_asked(const char *asked)
{
	const char *comma = strchr(asked, ',');
	char name[32];

	if (!comma)
		return NULL;
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(comma + 1, ","),
		 comma + 1);
	return kind_find(name);
}

void pci_print_devices(FILE *out, const char *asked)
{
	const struct pci_kind *one = kind_asked(asked);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (one && one != &kinds[i])
			continue;
		fprintf(out, "  %-24s  %s\n", kinds[i].name, kinds[i].about);
		if (kinds[i].opts)
			pci_opts_print(kinds[i].opts, out);
	}
}

static int pci_create(struct pci_bus *pci, const struct slot_config *s,
		      struct dm_error *err)
{
	const struct pci_kind *kind = kind_find(s->device);
	struct dm_error why;
	struct pci_dev *dev;
	int rc;

	if (!kind)
		return kind_list(s->device, s->slot, err);
	if (s->opts && !kind->opts)
		return dm_fail(err, -EINVAL,
			       "-s %u,%s,%s: this device takes"
			       " no options",
			       s->slot, s->device, s->opts);
	dev = pci_dev_create(pci, s->slot, s->func, &kind->ids);
	if (!dev)
		return dm_fail(err, -ENOMEM, "no memory for a PCI device");
	rc = kind->init ? kind->init(dev, s->opts, &why) : 0;
	if (rc)
		return dm_fail(err, rc, "-s %u,%s%s%s: %s", s->slot, s->device,
			       s->opts ? "," : "", s->opts ? s->opts : "",
			       why.text);
	pci_dev_seal(dev);
	return 0;
}

static bool has_kind(const struct vm_config *cfg, const char *name)
{
	u32 i;

	for (i = 0; i < cfg->slot_count; i++)
		if (!strcmp(cfg->slots[i].device, name))
			return true;
	return false;
}

static int check_places(struct pci_bus *pci, struct dm_error *err)
{
	u32 i;

	for (i = 0; i < PCI_SLOTS; i++)
		if (!pci->dev[i][0] &&
		    memcmp(pci->dev[i], (const void *[PCI_FUNCS]){ NULL },
			   sizeof(pci->dev[i])))
			return dm_fail(err, -EINVAL,
				       "-s %u: function 0 is"
				       " missing; guests do not see the other"
				       " functions without it",
				       i);
	return 0;
}

int pci_bus_populate(struct pci_bus *pci, const struct vm_config *cfg,
		     struct dm_error *err)
{
	static const struct slot_config defaults[] = {
		{ .slot = 0, .device = "hostbridge" },
		{ .slot = 31, .device = "lpc" },
	};
	const struct slot_config *d;
	size_t i;
	int rc;

	for (i = 0; i < cfg->slot_count; i++) {
		rc = pci_create(pci, &cfg->slots[i], err);
		if (rc)
			return rc;
	}
	for (i = 0; i < ARRAY_SIZE(defaults); i++) {
		d = &defaults[i];
		if (has_kind(cfg, d->device) || pci->dev[d->slot][0])
			continue;
		rc = pci_create(pci, d, err);
		if (rc)
			return rc;
	}
	return check_places(pci, err);
}
