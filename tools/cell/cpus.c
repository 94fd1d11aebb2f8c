/* SPDX-License-Identifier: BSD-2-Clause */
#include "cell/cpus.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>

#include "cell/config.h"
#include "cell/inspect.h"
#include "cell/madt.h"

#define MADT_ENABLED 1U /* flag of a CPU: ACPI 6.5, 5.2.12.2 */

/* Pairs of "processor : N" and "apicid : N". */
static bool find_online(const char *root, uint64_t cpu, uint32_t *lapic_id)
{
	FILE *f = machine_open(root, "/proc/cpuinfo");
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

/* The APIC id of an entry whose CPU can be used. */
static bool usable_cpu(const uint8_t *e, uint32_t *id)
{
	if (e[0] == MADT_LAPIC && e[1] >= 8 && (madt_u32(e + 4) & MADT_ENABLED))
		*id = e[3];
	else if (e[0] == MADT_X2APIC && e[1] >= 16 &&
		 (madt_u32(e + 8) & MADT_ENABLED))
		*id = madt_u32(e + 4);
	else
		return false;
	return true;
}

static bool find_in_table(const char *root, uint64_t cpu, uint32_t *lapic_id)
{
	const uint8_t *e = NULL;
	bool found = false;
	uint64_t nr = 0;
	struct madt m;

	madt_read(root, &m);
	while (!found && (e = madt_next(&m, e)))
		if (usable_cpu(e, lapic_id))
			found = nr++ == cpu;
	madt_free(&m);
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
