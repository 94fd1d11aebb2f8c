/* SPDX-License-Identifier: BSD-2-Clause */
#include "cell/cpus.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cell/config.h"

/* ACPI 6.5, 5.2.12: the table's head, then entries that begin so. */
#define MADT_HEAD    44U
#define MADT_LAPIC   0
#define MADT_X2APIC  9
#define MADT_ENABLED 1U
#define MADT_MAX     65536U

static FILE *open_below(const char *root, const char *path)
{
	char whole[PATH_MAX];

	snprintf(whole, sizeof(whole), "%s%s", root, path);
	return fopen(whole, "re");
}

/* Pairs of "processor : N" and "apicid : N". */
static bool find_online(const char *root, uint64_t cpu, uint32_t *lapic_id)
{
	FILE *f = open_below(root, "/proc/cpuinfo");
	unsigned int nr = UINT_MAX, id;
	bool found = false;
	char line[256];

	if (!f)
		return false;
	while (!found && fgets(line, sizeof(line), f)) {
		sscanf(line, "processor : %u", &nr);
		found = nr == cpu && sscanf(line, "apicid : %u", &id) == 1;
	}
	fclose(f);
	if (found)
		*lapic_id = id;
	return found;
}

static uint32_t read_u32(const uint8_t *at)
{
	uint32_t v;

	memcpy(&v, at, sizeof(v));
	return v;
}

/* The APIC id of an entry whose CPU can be used. */
static bool usable_cpu(const uint8_t *e, size_t len, uint32_t *id)
{
	if (e[0] == MADT_LAPIC && len >= 8 && (read_u32(e + 4) & MADT_ENABLED))
		*id = e[3];
	else if (e[0] == MADT_X2APIC && len >= 16 &&
		 (read_u32(e + 8) & MADT_ENABLED))
		*id = read_u32(e + 4);
	else
		return false;
	return true;
}

static bool find_in_table(const char *root, uint64_t cpu, uint32_t *lapic_id)
{
	FILE *f = open_below(root, "/sys/firmware/acpi/tables/APIC");
	uint8_t *madt = malloc(MADT_MAX);
	size_t size = 0, at, len;
	bool found = false;
	uint64_t nr = 0;

	if (f && madt)
		size = fread(madt, 1, MADT_MAX, f);
	for (at = MADT_HEAD; !found && size >= 2 && at < size - 1; at += len) {
		len = madt[at + 1];
		if (len < 2 || len > size - at)
			break;
		if (usable_cpu(madt + at, len, lapic_id))
			found = nr++ == cpu;
	}
	free(madt);
	if (f)
		fclose(f);
	return found;
}

int cpus_find_lapic_below(const char *root, uint64_t cpu, uint32_t *lapic_id)
{
	if (cpu & CELL_CPU_LAPIC) {
		*lapic_id = (uint32_t)cpu;
		return 0;
	}
	if (find_online(root, cpu, lapic_id) ||
	    find_in_table(root, cpu, lapic_id))
		return 0;
	return -ENOENT;
}

int cpus_find_lapic(uint64_t cpu, uint32_t *lapic_id)
{
	return cpus_find_lapic_below("", cpu, lapic_id);
}
