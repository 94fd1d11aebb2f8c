/* SPDX-License-Identifier: BSD-2-Clause */
/* What a machine has, from Linux's /proc and /sys, as YAML. */
#include "cell/inspect.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cell/cpus.h"
#include "cell/form.h"
#include "cell/system.h"

#define LEGACY_LINES 16U
#define CPUS_MAX     4096U

FILE *machine_open(const char *root, const char *fmt, ...)
{
	char path[PATH_MAX];
	va_list ap;
	int n;

	n = snprintf(path, sizeof(path), "%s", root);
	if (n < 0 || (size_t)n >= sizeof(path))
		return NULL;
	va_start(ap, fmt);
	vsnprintf(path + n, sizeof(path) - (size_t)n, fmt, ap);
	va_end(ap);
	return fopen(path, "re");
}

void machine_line(const char *root, const char *path, char *buf, size_t size)
{
	FILE *f = machine_open(root, "%s", path);

	buf[0] = '\0';
	if (!f)
		return;
	if (!fgets(buf, (int)size, f))
		buf[0] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	fclose(f);
}

uint64_t machine_number(const char *root, const char *path, uint64_t missing)
{
	char text[64], *end;
	uint64_t v;

	machine_line(root, path, text, sizeof(text));
	v = strtoull(text, &end, 0);
	return end == text ? missing : v;
}

void write_quoted(FILE *out, const char *text)
{
	fputc('"', out);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', out);
		if (*text >= ' ' && *text < 0x7f)
			fputc(*text, out);
	}
	fputc('"', out);
}

/* The value behind "KEY ... : " of a file of such lines; "" if none. */
static void find_value(const char *root, const char *path, const char *key,
		       char *buf, size_t size)
{
	FILE *f = machine_open(root, "%s", path);
	char line[512], *p;

	buf[0] = '\0';
	while (f && fgets(line, sizeof(line), f)) {
		p = strchr(line, ':');
		if (!p || strncmp(line, key, strlen(key)) != 0)
			continue;
		p += 1 + strspn(p + 1, " \t");
		p[strcspn(p, "\n")] = '\0';
		snprintf(buf, size, "%s", p);
		break;
	}
	if (f)
		fclose(f);
}

static bool has_entries(const char *root, const char *path)
{
	char whole[PATH_MAX];
	struct dirent *e;
	bool any = false;
	DIR *dir;

	snprintf(whole, sizeof(whole), "%s%s", root, path);
	dir = opendir(whole);
	while (dir && !any && (e = readdir(dir)))
		any = e->d_name[0] != '.';
	if (dir)
		closedir(dir);
	return any;
}

static bool has_iommu(const char *root)
{
	FILE *f;
	size_t i;
	static const char *const tables[] = { "DMAR", "IVRS" };

	if (has_entries(root, "/sys/class/iommu"))
		return true;
	for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		f = machine_open(root, "/sys/firmware/acpi/tables/%s",
				 tables[i]);
		if (!f)
			continue;
		fclose(f);
		return true;
	}
	return false;
}

static void write_head(const char *root, FILE *out)
{
	char text[256];

	fprintf(out, "# What this machine has and who uses it, as Linux says.\n"
		     "# Made by `holm config create`; read by `holm cell check "
		     "--system`.\n");
	find_value(root, "/proc/cpuinfo", "model name", text, sizeof(text));
	fprintf(out, "processor: ");
	write_quoted(out, text);
	machine_line(root,
		     "/sys/devices/system/clocksource/clocksource0/"
		     "available_clocksource",
		     text, sizeof(text));
	fprintf(out, "\nclocks: ");
	write_quoted(out, text);
	fprintf(out, "\niommu: %s\n", has_iommu(root) ? "true" : "false");
}

static void write_free(const char *root, FILE *out)
{
	char text[64];
	uint64_t kib;

	fprintf(out,
		"# What memory without an address can be taken from.\n"
		"huge-pages: %" PRIu64 "\n",
		machine_number(root,
			       "/sys/kernel/mm/hugepages/hugepages-2048kB/"
			       "free_hugepages",
			       0));
	find_value(root, "/proc/meminfo", "MemAvailable", text, sizeof(text));
	kib = strtoull(text, NULL, 10);
	form_write(FORM_SIZE, kib << 10, text, sizeof(text));
	fprintf(out, "available: %s\n", text);
}

/* Is CPU @nr in a list like "0-2,5"? */
static bool in_list(const char *list, unsigned int nr)
{
	unsigned int first, last;
	int used;

	while (sscanf(list, "%u%n", &first, &used) == 1) {
		list += used;
		last = first;
		if (*list == '-' && sscanf(list + 1, "%u%n", &last, &used) == 1)
			list += 1 + used;
		if (nr >= first && nr <= last)
			return true;
		if (*list++ != ',')
			break;
	}
	return false;
}

static void write_cpus(const char *root, FILE *out)
{
	char present[256], online[256];
	uint32_t lapic;
	unsigned int nr;

	machine_line(root, "/sys/devices/system/cpu/present", present,
		     sizeof(present));
	machine_line(root, "/sys/devices/system/cpu/online", online,
		     sizeof(online));
	fprintf(out, "cpus:\n");
	for (nr = 0; nr < CPUS_MAX; nr++) {
		if (!in_list(present, nr) ||
		    cpus_find_lapic_below(root, nr, &lapic) != 0)
			continue;
		fprintf(out, "  - { number: %u, lapic: %u, online: %s }\n", nr,
			lapic, in_list(online, nr) ? "true" : "false");
	}
}

/*
 * The line of /proc/interrupts " N: counts... IO-APIC PIN-kind handler" of a
 * pin. Linux numbers interrupts as ACPI does, but for the old sixteen, and
 * names the pin of those; newer kernels number anew and name the pin of all.
 */
static bool parse_pin(char *line, unsigned int *gsi, const char **who)
{
	char *chip = strstr(line, "IO-APIC"), *p;
	unsigned int irq, pin;
	int used = 0;

	if (!chip || sscanf(line, " %u:", &irq) != 1)
		return false;
	if (sscanf(chip, "IO-APIC %u-%n", &pin, &used) != 1 || !used)
		return false;
	*gsi = irq < LEGACY_LINES ? pin : irq;
	if (irq >= LEGACY_LINES && pin < LEGACY_LINES)
		*gsi = pin;
	p = chip + used;
	p += strcspn(p, " \t\n");
	p += strspn(p, " \t");
	p[strcspn(p, "\n")] = '\0';
	*who = p;
	return *p != '\0';
}

/* The pin behind Linux's number of an interrupt. */
static uint64_t pin_of(const char *root, uint64_t irq)
{
	FILE *f = machine_open(root, "/proc/interrupts");
	unsigned int gsi, nr;
	char *line = NULL;
	uint64_t pin = irq;
	const char *who;
	size_t size = 0;

	while (f && getline(&line, &size, f) > 0)
		if (sscanf(line, " %u:", &nr) == 1 && nr == irq &&
		    parse_pin(line, &gsi, &who))
			pin = gsi;
	free(line);
	if (f)
		fclose(f);
	return pin;
}

static void write_lines(const char *root, FILE *out)
{
	FILE *f = machine_open(root, "/proc/interrupts");
	char *line = NULL;
	unsigned int gsi;
	const char *who;
	size_t size = 0;
	bool any = false;

	fprintf(out, "# Pins of I/O APICs that have a handler.\n"
		     "interrupts:");
	while (f && getline(&line, &size, f) > 0) {
		if (!parse_pin(line, &gsi, &who))
			continue;
		fprintf(out, "\n  - { gsi: %u, what: ", gsi);
		write_quoted(out, who);
		fprintf(out, " }");
		any = true;
	}
	fprintf(out, "%s\n", any ? "" : " []");
	free(line);
	if (f)
		fclose(f);
}

static void write_uarts(const char *root, FILE *out)
{
	uint64_t port, irq;
	unsigned int i;
	char path[96];
	bool any = false;

	fprintf(out, "uarts:");
	for (i = 0; i < 8; i++) {
		snprintf(path, sizeof(path), "/sys/class/tty/ttyS%u/port", i);
		port = machine_number(root, path, 0);
		snprintf(path, sizeof(path), "/sys/class/tty/ttyS%u/type", i);
		if (port == 0 || machine_number(root, path, 0) == 0)
			continue;
		snprintf(path, sizeof(path), "/sys/class/tty/ttyS%u/irq", i);
		irq = pin_of(root, machine_number(root, path, 0));
		fprintf(out,
			"\n  - { name: ttyS%u, port: %#" PRIx64
			", gsi: %" PRIu64 " }",
			i, port, irq);
		any = true;
	}
	fprintf(out, "%s\n", any ? "" : " []");
}

int cell_system_write(const char *root, FILE *out)
{
	FILE *f = machine_open(root, "/proc/cpuinfo");
	int rc;

	if (!f)
		return -ENOENT;
	fclose(f);
	write_head(root, out);
	write_free(root, out);
	write_cpus(root, out);
	rc = inspect_ranges(root, out);
	if (rc)
		return rc;
	write_lines(root, out);
	inspect_apics(root, out);
	inspect_pci(root, out);
	write_uarts(root, out);
	return ferror(out) ? -EIO : 0;
}
