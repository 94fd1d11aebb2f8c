/* SPDX-License-Identifier: BSD-2-Clause */
/* The vmm operations through /dev/acrn_hsm. */
#ifndef CORE_HSM_H
#define CORE_HSM_H

#include "core/error.h"
#include "core/vmm.h"

struct hsm {
	struct vmm vmm;
	int fd;
};

/** Open the driver's device; one open file carries one VM. */
int hsm_open(struct hsm *hsm, struct dm_error *err);
void hsm_close(struct hsm *hsm);

#endif
