/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a cell ends itself: the sleep registers and the reset register that the
 * ACPI tables of a kernel in a cell name (abi/cell.h, HOLM_CELL_POWER).
 */
#ifndef GUEST_X86_CELL_POWER_H
#define GUEST_X86_CELL_POWER_H

#include "guest/x86/virq_io.h"

/** Of a cell's I/O space; the device is the VM. */
extern const struct vdev_range cell_power_range;

#endif
