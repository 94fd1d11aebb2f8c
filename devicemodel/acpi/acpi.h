/* SPDX-License-Identifier: BSD-2-Clause */
/* The ACPI tables of a User VM, made in memory and put below 1 MiB. */
#ifndef ACPI_ACPI_H
#define ACPI_ACPI_H

#include "acpi/aml.h"
#include "acpi/table.h"
#include "core/config.h"
#include "mem/guest_mem.h"

struct acpi_config {
	u32 nvcpus;
	const u32 *lapic_id; /* of vCPU k */
	bool com[COM_COUNT]; /* which serial ports exist */
	u32 pci_slots;       /* bit n: slot n holds a device */
	u32 lpc_slot;
};

/** DSDT, header included; aml->failed tells whether it worked. */
void acpi_build_dsdt(const struct acpi_config *cfg, struct aml *aml);

/** MADT into buf; returns its length, at most size. */
size_t acpi_build_madt(const struct acpi_config *cfg, void *buf, size_t size);

/**
 * Build all tables at [*base, end) in guest memory. Sets *base behind them
 * and *rsdp to the root pointer. 0, -ENOSPC or -ENOMEM.
 */
int acpi_build(const struct guest_mem *mem, const struct acpi_config *cfg,
	       u64 *base, u64 end, gpa_t *rsdp);

#endif
