/* SPDX-License-Identifier: BSD-2-Clause */
/* What must be true of the fake machine after any hypercall whatever. */
#ifndef UNIT_VM_WORLD_H
#define UNIT_VM_WORLD_H

#include "tests/unit/vm_bench.h"

/**
 * Every VM and CPU is in a state that fits the others', and no User VM's
 * memory is anything but what the Service VM had to give. Fails the test.
 */
void world_check(void);

/** Destroy every User VM; the Service VM is left. */
void world_destroy_all(void);

#endif
