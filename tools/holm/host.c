/* SPDX-License-Identifier: BSD-2-Clause */
/* This machine's CPU. */
#include "holm/host.h"

#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static struct cpuid_regs own_cpuid(void *ctx, uint32_t leaf)
{
	struct cpuid_regs r = { 0, 0, 0, 0 };
	uint32_t max = (uint32_t)__get_cpuid_max(leaf & 0xf0000000, NULL);

	(void)ctx;
	if (leaf >= 0x40000000 && leaf < 0x50000000)
		max = leaf; /* hypervisors' own: their reach is not that one */
	if (leaf <= max)
		__cpuid_count(leaf, 0, r.eax, r.ebx, r.ecx, r.edx);
	return r;
}

static int own_rdmsr(void *ctx, uint32_t msr, uint64_t *value)
{
	int fd = open("/dev/cpu/0/msr", O_RDONLY | O_CLOEXEC), rc = 0;

	(void)ctx;
	if (fd < 0)
		return -errno;
	if (pread(fd, value, sizeof(*value), msr) != sizeof(*value))
		rc = -errno;
	close(fd);
	return rc;
}

const struct host own_host = {
	.cpuid = own_cpuid,
	.rdmsr = own_rdmsr,
	.root = "",
};
