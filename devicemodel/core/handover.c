/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/handover.h"

#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* As hypervisor/include/abi/holm.h says. */
#define CPUID_FEATURES  0x40000001U
#define CPUID_HOLM_NAME 0x6d6c6f48U /* "Holm" in EBX */

const struct handover_paths handover_paths = {
	.driver = "/sys/class/misc/acrn_hsm",
	.cpus = "/sys/devices/system/cpu",
};

bool handover_on_holm(void)
{
	u32 eax, ebx, ecx, edx;

	__cpuid(CPUID_FEATURES, eax, ebx, ecx, edx);
	return ebx == CPUID_HOLM_NAME;
}

static bool driver_has(const struct handover_paths *paths, const char *name)
{
	char path[PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s/%s", paths->driver, name);
	return access(path, F_OK) == 0;
}

bool handover_is_ours(const struct handover_paths *paths, bool on_holm)
{
	return on_holm && driver_has(paths, "remove_cpu") &&
	       !driver_has(paths, "cpus_taken");
}

static int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int rc = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		rc = -errno;
	close(fd);
	return rc;
}

static int take_one(const struct handover_paths *paths, u32 cpu)
{
	char path[PATH_MAX], number[12];

	(void)snprintf(path, sizeof(path), "%s/remove_cpu", paths->driver);
	(void)snprintf(number, sizeof(number), "%u", cpu);
	return write_text(path, number);
}

static void return_one(const struct handover_paths *paths, u32 cpu)
{
	char path[PATH_MAX];
	int rc;

	(void)snprintf(path, sizeof(path), "%s/cpu%u/online", paths->cpus, cpu);
	rc = write_text(path, "1");
	if (rc)
		dm_msg("CPU %u does not come back: %s: %s", cpu, path,
		       strerror(-rc));
}

static void return_below(const struct handover_paths *paths, u64 cpus, u32 end)
{
	for (u32 cpu = 0; cpu < end; cpu++) {
		if (cpus & BIT64(cpu))
			return_one(paths, cpu);
	}
}

int handover_take(const struct handover_paths *paths,
		  const struct cpu_choice *choice, struct dm_error *err)
{
	int rc;

	for (u32 cpu = 0; cpu < CPUS_MAX; cpu++) {
		if (!(choice->online & BIT64(cpu)))
			continue;
		rc = take_one(paths, cpu);
		if (rc) {
			return_below(paths, choice->online, cpu);
			return dm_fail(err, rc,
				       "CPU %u cannot be handed over:"
				       " %s/remove_cpu: %s",
				       cpu, paths->driver, strerror(-rc));
		}
	}
	return 0;
}

void handover_return(const struct handover_paths *paths,
		     const struct cpu_choice *choice)
{
	return_below(paths, choice->online, CPUS_MAX);
}
