/* SPDX-License-Identifier: BSD-2-Clause */
/* A machine's memory and ports, and its interrupt controllers. */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "cell/form.h"
#include "cell/inspect.h"
#include "cell/madt.h"

static void write_range(FILE *out, uint64_t first, uint64_t last,
			const char *what)
{
	char size[32];

	form_write(FORM_SIZE, last - first + 1, size, sizeof(size));
	fprintf(out, "\n  - { at: %#" PRIx64 ", size: %s, what: ", first, size);
	write_quoted(out, what);
	fprintf(out, " }");
}

static void write_ports(FILE *out, uint64_t first, uint64_t last,
			const char *what)
{
	fprintf(out, "\n  - { first: %#" PRIx64 ", count: %" PRIu64 ", what: ",
		first, last - first + 1);
	write_quoted(out, what);
	fprintf(out, " }");
}

struct range {
	uint64_t first, last;
	char what[64];
};

static int by_address(const void *a, const void *b)
{
	const struct range *p = a, *q = b;

	return p->first < q->first ? -1 : p->first > q->first;
}

static bool read_entry(const char *root, const char *entry, struct range *r)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "/sys/firmware/memmap/%s/start", entry);
	r->first = machine_number(root, path, 0);
	snprintf(path, sizeof(path), "/sys/firmware/memmap/%s/end", entry);
	r->last = machine_number(root, path, 0);
	snprintf(path, sizeof(path), "/sys/firmware/memmap/%s/type", entry);
	machine_line(root, path, r->what, sizeof(r->what));
	return r->last > r->first;
}

/* The map as the firmware gave it, before Linux cut anything out of it. */
static void write_firmware(const char *root, FILE *out)
{
	struct range list[256];
	char path[PATH_MAX];
	struct dirent *e;
	size_t n = 0, i;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/sys/firmware/memmap", root);
	dir = opendir(path);
	while (dir && n < sizeof(list) / sizeof(list[0]) && (e = readdir(dir)))
		if (e->d_name[0] != '.')
			n += read_entry(root, e->d_name, &list[n]);
	if (dir)
		closedir(dir);
	qsort(list, n, sizeof(list[0]), by_address);
	fprintf(out, "# The firmware's memory map.\nfirmware:%s",
		n ? "" : " []");
	for (i = 0; i < n; i++)
		write_range(out, list[i].first, list[i].last, list[i].what);
	fprintf(out, "\n");
}

/* "  FIRST-LAST : WHAT" each; -EACCES if all addresses are shown as zero. */
static int write_resources(const char *root, const char *path, FILE *out,
			   void (*write)(FILE *out, uint64_t first,
					 uint64_t last, const char *what))
{
	FILE *f = machine_open(root, "%s", path);
	bool any = false, shown = false;
	uint64_t first, last;
	char line[256], what[128];

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, " %" SCNx64 "-%" SCNx64 " : %127[^\n]", &first,
			   &last, what) != 3 ||
		    last < first)
			continue;
		write(out, first, last, what);
		any = true;
		shown |= last != 0;
	}
	if (f)
		fclose(f);
	fprintf(out, "%s\n", any ? "" : " []");
	return any && !shown ? -EACCES : 0;
}

int inspect_ranges(const char *root, FILE *out)
{
	int rc;

	write_firmware(root, out);
	fprintf(out, "# Who uses which addresses; nested pieces follow.\n"
		     "memory:");
	rc = write_resources(root, "/proc/iomem", out, write_range);
	if (rc)
		return rc;
	fprintf(out, "# Who uses which I/O ports.\nports:");
	return write_resources(root, "/proc/ioports", out, write_ports);
}

void inspect_apics(const char *root, FILE *out)
{
	const uint8_t *e = NULL;
	bool any = false;
	struct madt m;

	madt_read(root, &m);
	fprintf(out, "io-apics:");
	while ((e = madt_find(&m, e, MADT_IOAPIC, 12))) {
		fprintf(out, "\n  - { id: %u, at: %#x, gsi: %u }", e[2],
			madt_u32(e + 4), madt_u32(e + 8));
		any = true;
	}
	fprintf(out, "%s\n", any ? "" : " []");
	madt_free(&m);
}
