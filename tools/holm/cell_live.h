/* SPDX-License-Identifier: BSD-2-Clause */
/* Descriptions of cells against what the hypervisor says of this moment. */
#ifndef HOLM_CELL_LIVE_H
#define HOLM_CELL_LIVE_H

#include "cell/config.h"
#include "holm/holm.h"

/**
 * Compare each of @n descriptions with the CPUs that VMs have, with Holm's own
 * memory, and with the cells that exist. Problems are the descriptions'; that
 * Holm cannot be asked is a warning.
 */
void cell_check_live(const struct source *src, struct cell_config *const *cfg,
		     unsigned int n, struct report *r);

#endif
