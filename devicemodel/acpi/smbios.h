/* SPDX-License-Identifier: BSD-2-Clause */
/* SMBIOS 3.0 tables: how a guest learns its name and UUID. */
#ifndef ACPI_SMBIOS_H
#define ACPI_SMBIOS_H

#include "mem/guest_mem.h"

/**
 * Build entry point and tables at [*base, end), *base a multiple of 16; sets
 * *base behind them. -ENOSPC if they do not fit.
 */
int smbios_build(const struct guest_mem *mem, const char *name,
		 const u8 uuid[16], u64 *base, u64 end);

#endif
