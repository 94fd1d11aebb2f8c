/* SPDX-License-Identifier: BSD-2-Clause */
/* The ACPI tables of a User VM, made in memory and put below 1 MiB. */
#ifndef ACPI_ACPI_H
#define ACPI_ACPI_H

#include "acpi/aml.h"
#include "core/config.h"
#include "mem/guest_mem.h"

struct acpi_config {
	u32 nvcpus;
	const u32 *lapic_id; /* of vCPU k */
	bool com[COM_COUNT]; /* which serial ports exist */
	u32 pci_slots;       /* bit n: slot n holds a device */
	u32 lpc_slot;
};

/* ACPI 6.4, table 5.4: every table but RSDP and FACS starts so. */
struct acpi_header {
	char signature[4];
	u32 length;
	u8 revision;
	u8 checksum;
	char oem_id[6];
	char oem_table_id[8];
	u32 oem_revision;
	char creator_id[4];
	u32 creator_revision;
} __attribute__((packed));
static_assert(sizeof(struct acpi_header) == 36, "ACPI 6.4, table 5.4");

void acpi_header_init(struct acpi_header *h, const char *signature, u8 revision,
		      u32 length);

/** Set the checksum of a whole table so that its bytes add up to 0. */
void acpi_header_seal(struct acpi_header *h);

/** The byte that makes the sum of len bytes at p zero. */
u8 acpi_checksum(const void *p, size_t len);

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
