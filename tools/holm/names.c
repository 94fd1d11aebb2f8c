/* SPDX-License-Identifier: BSD-2-Clause */
#include "holm/names.h"

#include <inttypes.h>
#include <stdio.h>

#include "abi/holm.h"

#define NAME(id, text)        text,
#define NAME_NR(id, nr, text) [nr] = text,
#define LOOK_UP(table, n)                                                    \
	((n) < sizeof(table) / sizeof((table)[0]) && (table)[n] ? (table)[n] \
								: "unknown")

static const char *const exit_names[] = { HOLM_EXITS(NAME) };
static const char *const inject_names[] = { HOLM_INJECTS(NAME) };
static const char *const range_names[] = { HOLM_RANGES(NAME_NR) };
static const char *const mode_names[] = { "direct", "mediated", "idle" };
static const char *const backend_names[] = { "SVM", "VMX" };
static const char *const state_names[] = {
	[HOLM_VM_CREATED] = "created",
	[HOLM_VM_RUNNING] = "running",
	[HOLM_VM_PAUSED] = "paused",
	[HOLM_VM_OFF] = "off",
};

const char *name_of_exit(uint32_t reason)
{
	return LOOK_UP(exit_names, reason);
}

const char *name_of_inject(uint32_t type)
{
	return LOOK_UP(inject_names, type);
}

const char *name_of_state(uint32_t state)
{
	return LOOK_UP(state_names, state);
}

const char *name_of_mode(uint32_t mode)
{
	return LOOK_UP(mode_names, mode);
}

const char *name_of_backend(uint32_t backend)
{
	return LOOK_UP(backend_names, backend);
}

const char *name_of_range(uint32_t kind)
{
	return LOOK_UP(range_names, kind);
}

void format_cpus(uint64_t mask, char *buf, size_t len)
{
	unsigned int first, last;
	size_t used = 0;

	snprintf(buf, len, "-");
	for (first = 0; first < CPU_BITS; first = last + 1) {
		last = first;
		if (!(mask >> first & 1))
			continue;
		while (last + 1 < CPU_BITS && (mask >> (last + 1) & 1))
			last++;
		used += (size_t)snprintf(buf + used, len - used,
					 last > first ? "%s%u-%u" : "%s%u",
					 used ? "," : "", first, last);
		if (used >= len)
			return;
	}
}

void format_size(uint64_t bytes, char *buf, size_t len)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	size_t u = 0;

	while (u + 1 < sizeof(units) / sizeof(units[0]) && bytes &&
	       bytes % 1024 == 0) {
		bytes /= 1024;
		u++;
	}
	snprintf(buf, len, "%" PRIu64 " %s", bytes, units[u]);
}

void format_time(uint64_t seconds, char *buf, size_t len)
{
	static const struct {
		uint64_t large, small;
		const char *format;
	} forms[] = {
		{ 86400, 3600, "%" PRIu64 "d%02" PRIu64 "h" },
		{ 3600, 60, "%" PRIu64 "h%02" PRIu64 "m" },
		{ 60, 1, "%" PRIu64 "m%02" PRIu64 "s" },
	};
	size_t i;

	snprintf(buf, len, "%" PRIu64 "s", seconds);
	for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (seconds < forms[i].large)
			continue;
		snprintf(buf, len, forms[i].format, seconds / forms[i].large,
			 seconds % forms[i].large / forms[i].small);
		return;
	}
}
