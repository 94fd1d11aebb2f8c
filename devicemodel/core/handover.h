/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * On Holm a VM's CPUs leave the Service VM. Holm's driver sees to that when
 * the VM is created; the driver of Linux's own tree leaves it to its user:
 * a CPU goes by the driver's attribute remove_cpu, and comes back when Linux
 * starts it again.
 */
#ifndef CORE_HANDOVER_H
#define CORE_HANDOVER_H

#include "core/cpus.h"

/** Where to look; tests look elsewhere. */
struct handover_paths {
	const char *driver; /* the driver's attributes */
	const char *cpus;   /* one folder a CPU */
};

extern const struct handover_paths handover_paths;

/** Is it this program that has to hand CPUs over? */
bool handover_is_ours(const struct handover_paths *paths, bool on_holm);

/** Is the hypervisor Holm, and not another one of ACRN's interface? */
bool handover_on_holm(void);

/**
 * Hand over the chosen CPUs that are online; those that are not count as
 * handed over by somebody else. All or none.
 */
int handover_take(const struct handover_paths *paths,
		  const struct cpu_choice *choice, struct dm_error *err);

/** Bring back what handover_take() took. The VM is gone. */
void handover_return(const struct handover_paths *paths,
		     const struct cpu_choice *choice);

#endif
