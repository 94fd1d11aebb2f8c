/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The firmware tables of any VM: they lie where they were told to, each sum
 * is right, and every table is as long as it says, read as a guest reads.
 */
#include "acpi/acpi.h"
#include "acpi/smbios.h"
#include "mem/layout.h"

#include <stdlib.h>
#include <string.h>

#define CHECK(cond)              \
	do {                     \
		if (!(cond))     \
			abort(); \
	} while (0)
#define LOW MIB

static struct guest_mem mem;
static u8 *ram;

static void check_sum(u64 at, u64 len)
{
	CHECK(at >= FIRMWARE_BASE && len && at + len <= FIRMWARE_END);
	CHECK(acpi_checksum(ram + at, len) == 0);
}

static u64 load(u64 at, u32 size)
{
	u64 v = 0;

	CHECK(at + size <= FIRMWARE_END);
	memcpy(&v, ram + at, size);
	return v;
}

/* Header first, since it says how long the table is; ACPI 6.4, 5.2.6. */
static u64 check_table(u64 at, const char *signature)
{
	u64 len = load(at + 4, 4);

	CHECK(len >= sizeof(struct acpi_header));
	CHECK(!signature || !memcmp(ram + at, signature, 4));
	check_sum(at, len);
	return len;
}

/* Entries of the MADT do not reach beyond it; CPUs are as many as asked. */
static void check_madt(u64 at, u64 len, u32 nvcpus)
{
	u64 p = at + sizeof(struct acpi_header) + 8;
	u32 cpus = 0;

	while (p < at + len) {
		CHECK(load(p + 1, 1) >= 2 && p + load(p + 1, 1) <= at + len);
		cpus += load(p, 1) == 0 || load(p, 1) == 9;
		p += load(p + 1, 1);
	}
	CHECK(cpus == nvcpus);
}

static void check_all(u64 rsdp, const struct acpi_config *cfg)
{
	u64 xsdt, len, at, i;
	bool madt = false;

	check_sum(rsdp, 20);
	check_sum(rsdp, load(rsdp + 20, 4));
	xsdt = load(rsdp + 24, 8);
	len = check_table(xsdt, "XSDT");
	for (i = sizeof(struct acpi_header); i < len; i += 8) {
		at = load(xsdt + i, 8);
		check_table(at, NULL);
		if (!memcmp(ram + at, "FACP", 4))
			check_table(load(at + 140, 8), "DSDT");
		if (memcmp(ram + at, "APIC", 4))
			continue;
		check_madt(at, load(at + 4, 4), cfg->nvcpus);
		madt = true;
	}
	CHECK(madt);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	u32 ids[DM_MAX_VCPUS] = { 0 };
	struct acpi_config cfg = { .lapic_id = ids };
	char name[DM_NAME_LEN] = "";
	const u8 uuid[16] = { 1, 2, 3 };
	u64 at = FIRMWARE_BASE, end;
	gpa_t rsdp;

	if (size < 8)
		return 0;
	ram = calloc(1, LOW);
	CHECK(ram);
	guest_mem_split(&mem, LOW);
	mem.count = 0;
	guest_mem_add(&mem, GPA(0), LOW, ram);
	cfg.nvcpus = 1 + data[0] % DM_MAX_VCPUS;
	cfg.com[COM1] = data[1] & 1;
	cfg.com[COM2] = data[1] & 2;
	cfg.lpc_slot = data[1] >> 3;
	memcpy(&cfg.pci_slots, data + 2, sizeof(cfg.pci_slots));
	/* Seldom as much room as there is. */
	end = data[6] & 1 ? FIRMWARE_END : FIRMWARE_BASE + data[7] * 64ULL;
	memcpy(ids, data + 8, size - 8 < sizeof(ids) ? size - 8 : sizeof(ids));
	memcpy(name, data + 8, size - 8 < 15 ? size - 8 : 15);
	if (!acpi_build(&mem, &cfg, &at, end, &rsdp)) {
		CHECK(at > FIRMWARE_BASE && at <= end);
		check_all(rsdp.v, &cfg);
		at = (at + 15) & ~15ULL;
		if (at <= end && !smbios_build(&mem, name, uuid, &at, end))
			CHECK(at <= end);
	}
	free(ram);
	return 0;
}
