/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Physical memory for tests: one buffer at FAKE_PHYS_BASE. An access outside
 * of it ends the program.
 */
#ifndef TESTS_UNIT_FAKE_PHYSMAP_H
#define TESTS_UNIT_FAKE_PHYSMAP_H

#include "lib/types.h"

#define FAKE_PHYS_BASE 0x7400000000
#define FAKE_PHYS_SIZE MIB(16)

extern u8 fake_phys[FAKE_PHYS_SIZE];
extern u32 fake_by_window; /* accesses that went through physwin.h */

#endif
