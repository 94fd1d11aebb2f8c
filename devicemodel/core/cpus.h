/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which physical CPUs a VM runs on. Bit n of the affinity is the n-th usable
 * processor entry of the Service VM's MADT; vCPU k gets the CPU of the k-th
 * set bit and, with it, that CPU's LAPIC id.
 */
#ifndef CORE_CPUS_H
#define CORE_CPUS_H

#include "core/config.h"
#include "core/error.h"

#define CPUS_MAX 64 /* bits of the affinity */

struct cpus {
	u32 count;
	u32 lapic_id[CPUS_MAX]; /* in the order of the MADT */
	u64 online;             /* bit n: entry n is online in the Service VM */
};

struct cpu_choice {
	u64 affinity;
	u64 online; /* those of them that Linux was using */
	u32 count;
	u32 lapic_id[DM_MAX_VCPUS]; /* of vCPU k */
};

/** Take the processors from a MADT. -EINVAL if it is not one. */
int cpus_parse_madt(struct cpus *cpus, const void *madt, size_t len);

/** Set online from a list like "0-2,5". */
int cpus_parse_online(struct cpus *cpus, const char *list);

/** Read both from the running Service VM. */
int cpus_read(struct cpus *cpus, struct dm_error *err);

/**
 * Choose as configured; without an affinity: the highest-numbered online
 * CPUs, never the first one, which the Service VM booted on.
 */
int cpus_choose(const struct cpus *cpus, const struct vm_config *cfg,
		struct cpu_choice *choice, struct dm_error *err);

#endif
