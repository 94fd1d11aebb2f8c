/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What Holm needs of the firmware's ACPI tables. They are read through the
 * early identity map, once, before any guest runs. ACPI 6.4, chapter 5.2.
 */
#ifndef ARCH_X86_ACPI_H
#define ARCH_X86_ACPI_H

#include "lib/types.h"

#define ACPI_MAX_IOAPICS 16
#define ACPI_MAX_IOMMUS  16

/** A remapping unit's registers. */
struct acpi_iommu {
	u64 base;
	u64 size;
};

/** An I/O APIC: its pins are the interrupts from @gsi on. */
struct acpi_ioapic {
	u64 base;
	u32 gsi;
};

struct acpi_info {
	u32 ncpus;      /* usable LAPICs of the MADT */
	u32 *lapic_ids; /* caller's memory, max_cpus entries */
	u32 max_cpus;
	u32 nioapics;
	struct acpi_ioapic ioapic[ACPI_MAX_IOAPICS];
	u64 mcfg_base; /* segment 0; 0: none */
	u8 mcfg_bus_first, mcfg_bus_last;
	bool too_many; /* CPUs, I/O APICs or IOMMUs: some are not in here */
	u32 niommus;   /* DMA remapping units of either vendor */
	struct acpi_iommu iommu[ACPI_MAX_IOMMUS];
	u16 pm_timer_port; /* 0: none */
};

/**
 * Read the tables. @rsdp: where the loader says it is, 0 = search the BIOS
 * area. NULL on success, else a sentence that says what is missing. More of
 * something than fits is refused: what is not known here could not be kept
 * from a guest.
 */
const char *acpi_read(struct acpi_info *info, u64 rsdp);

#endif
