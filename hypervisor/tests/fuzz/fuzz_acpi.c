/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Firmware's ACPI tables of any content: one table with a right header and
 * checksum at a time, ending where nothing can be read beyond. What is found
 * in them must fit where it is put.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "arch/x86/acpi.h"

#define BODY_MAX    4096U
#define HEADER_SIZE 36U
#define MAX_CPUS    8U

struct table {
	char signature[4];
	u32 length;
	u8 revision, checksum;
	char rest[26];
} __packed;

_Static_assert(sizeof(struct table) == HEADER_SIZE, "ACPI 6.4, table 5.4");

struct rsdp {
	char signature[8];
	u8 checksum;
	char oem[6];
	u8 revision;
	u32 rsdt;
	u32 length;
	u64 xsdt;
} __packed;

static u8 *area; /* below 4 GiB: RSDP, root; the table at the end */
#define AREA (4 * PAGE_SIZE)

static void seal(struct table *t, u32 length)
{
	u8 sum = 0;

	t->length = length;
	t->checksum = 0;
	for (u32 i = 0; i < length; i++)
		sum = (u8)(sum + ((const u8 *)t)[i]);
	t->checksum = (u8)-sum;
}

static void begin(void)
{
	if (area)
		return;
	area = mmap(NULL, AREA + PAGE_SIZE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	if (area == MAP_FAILED || mprotect(area + AREA, PAGE_SIZE, PROT_NONE))
		abort();
}

static u64 address(const void *p)
{
	return (u64)(uintptr_t)p;
}

/* The input as the body of the table; an XSDT or an RSDT that names it. */
static u64 put_tables(u8 how, const u8 *body, u32 size)
{
	static const char signatures[][5] = { "APIC", "MCFG", "FACP",
					      "DMAR", "IVRS", "SSDT" };
	struct table *t = (void *)(area + AREA - HEADER_SIZE - size);
	struct table *root = (void *)(area + PAGE_SIZE);
	struct rsdp *rsdp = (void *)area;
	u64 at = address(t), none = 0;
	bool wide = how & 0x80;
	u32 width = wide ? 8 : 4;

	memcpy(t->signature, signatures[how % ARRAY_SIZE(signatures)], 4);
	memcpy(t + 1, body, size);
	seal(t, HEADER_SIZE + size);
	if (how & 0x40)
		t->checksum++;
	memcpy((u8 *)(root + 1), &none, width);
	memcpy((u8 *)(root + 1) + width, &at, width);
	seal(root, HEADER_SIZE + 2 * width);
	*rsdp = (struct rsdp){
		.revision = wide ? 2 : 0,
		.rsdt = (u32)address(root),
		.xsdt = address(root),
	};
	return address(rsdp);
}

static void check(const struct acpi_info *info)
{
	if (info->ncpus > MAX_CPUS || info->nioapics > ACPI_MAX_IOAPICS ||
	    info->niommus > ACPI_MAX_IOMMUS)
		abort();
	for (u32 i = 0; i < info->ncpus; i++)
		for (u32 k = 0; k < i; k++)
			if (info->lapic_ids[i] == info->lapic_ids[k])
				abort();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	/* On the heap, of exactly this size: one id too many is seen. */
	u32 *ids = malloc(MAX_CPUS * sizeof(*ids));
	struct acpi_info info = { .lapic_ids = ids, .max_cpus = MAX_CPUS };
	const char *why;

	begin();
	if (size >= 1 && size <= BODY_MAX) {
		why = acpi_read(&info,
				put_tables(data[0], data + 1, (u32)size - 1));
		check(&info);
		if (!why && (!info.ncpus || info.too_many))
			abort();
	}
	free(ids);
	return 0;
}
