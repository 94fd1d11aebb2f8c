/* SPDX-License-Identifier: BSD-2-Clause */
/* A machine's PCI functions: registers, messages, drivers. */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cell/form.h"
#include "cell/inspect.h"

#define DEVICES "/sys/bus/pci/devices/"
/* PCI Local Bus Specification 3.0, 6.2.3, 6.7, 6.8.1.3, 6.8.2.3 */
#define CONFIG_SIZE  256U
#define CONFIG_CAPS  0x34
#define CAP_MSI      0x05
#define CAP_MSIX     0x11
#define BARS         7      /* the sixth is the expansion ROM */
#define RESOURCE_IO  0x100U /* Linux, include/linux/ioport.h */
#define RESOURCE_MEM 0x200U

/* Where a capability is in the configuration; 0 if there is none. */
static unsigned int find_cap(const uint8_t *config, size_t size, uint8_t id)
{
	unsigned int at, steps = 0;

	if (size < CONFIG_SIZE)
		return 0;
	for (at = config[CONFIG_CAPS] & ~3U; at >= 0x40 && steps < 48;
	     at = config[at + 1] & ~3U, steps++)
		if (config[at] == id)
			return at;
	return 0;
}

static void write_messages(const char *root, const char *name, FILE *out)
{
	FILE *f = machine_open(root, DEVICES "%s/config", name);
	uint8_t config[CONFIG_SIZE];
	unsigned int at, control;
	size_t size = 0;

	if (f) {
		size = fread(config, 1, sizeof(config), f);
		fclose(f);
	}
	at = find_cap(config, size, CAP_MSI);
	if (at)
		fprintf(out, "\n    msi: %u",
			1U << ((config[at + 2] >> 1) & 7));
	at = find_cap(config, size, CAP_MSIX);
	if (!at)
		return;
	control = (unsigned int)config[at + 2] | config[at + 3] * 256U;
	fprintf(out, "\n    msi-x: %u", (control & 0x7ff) + 1);
}

static void write_driver(const char *root, const char *name, FILE *out)
{
	char path[PATH_MAX], target[PATH_MAX];
	const char *last;
	ssize_t n;

	snprintf(path, sizeof(path), "%s" DEVICES "%s/driver", root, name);
	n = readlink(path, target, sizeof(target) - 1);
	if (n <= 0)
		return;
	target[n] = '\0';
	last = strrchr(target, '/');
	fprintf(out, "\n    driver: ");
	write_quoted(out, last ? last + 1 : target);
}

static void write_bars(const char *root, const char *name, FILE *out)
{
	FILE *f = machine_open(root, DEVICES "%s/resource", name);
	uint64_t first, last, flags;
	unsigned int bar;
	char size[32];
	bool any = false;

	for (bar = 0; f && bar < BARS; bar++) {
		if (fscanf(f, "%" SCNx64 " %" SCNx64 " %" SCNx64, &first, &last,
			   &flags) != 3)
			break;
		if (last <= first || !(flags & (RESOURCE_IO | RESOURCE_MEM)))
			continue;
		form_write(FORM_SIZE, last - first + 1, size, sizeof(size));
		fprintf(out,
			"%s\n      - { number: %u, at: %#" PRIx64
			", size: %s%s }",
			any ? "" : "\n    bars:", bar, first, size,
			flags & RESOURCE_IO ? ", ports: true" : "");
		any = true;
	}
	if (f)
		fclose(f);
}

static void write_function(const char *root, const char *name, FILE *out)
{
	char path[PATH_MAX];
	unsigned int vendor, device, class;

	snprintf(path, sizeof(path), DEVICES "%s/vendor", name);
	vendor = (unsigned int)machine_number(root, path, 0) & 0xffff;
	snprintf(path, sizeof(path), DEVICES "%s/device", name);
	device = (unsigned int)machine_number(root, path, 0) & 0xffff;
	snprintf(path, sizeof(path), DEVICES "%s/class", name);
	class = (unsigned int)machine_number(root, path, 0) & 0xffffff;
	fprintf(out,
		"\n  - at: \"%s\"\n    id: \"%04x:%04x\"\n"
		"    class: 0x%06x",
		name + 5, vendor, device, class);
	write_driver(root, name, out);
	write_messages(root, name, out);
	write_bars(root, name, out);
}

static int in_segment_0(const struct dirent *e)
{
	uint64_t v;

	return !strncmp(e->d_name, "0000:", 5) &&
	       form_parse(FORM_PCI, e->d_name, &v);
}

void inspect_pci(const char *root, FILE *out)
{
	struct dirent **list;
	char path[PATH_MAX];
	int n, i;

	snprintf(path, sizeof(path), "%s" DEVICES, root);
	n = scandir(path, &list, in_segment_0, alphasort);
	fprintf(out, "# PCI functions of segment 0.\npci:%s",
		n > 0 ? "" : " []");
	for (i = 0; i < n; i++) {
		write_function(root, list[i]->d_name, out);
		free(list[i]);
	}
	if (n >= 0)
		free(list);
	fprintf(out, "\n");
}
