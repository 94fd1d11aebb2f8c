/* SPDX-License-Identifier: BSD-2-Clause */
#include "acpi/table.h"

#include <string.h>

u8 acpi_checksum(const void *p, size_t len)
{
	const u8 *b = p;
	u8 sum = 0;

	while (len--)
		sum = (u8)(sum + *b++);
	return (u8)-sum;
}

void acpi_header_init(struct acpi_header *h, const char *signature, u8 revision,
		      u32 length)
{
	memset(h, 0, sizeof(*h));
	memcpy(h->signature, signature, 4);
	h->length = length;
	h->revision = revision;
	memcpy(h->oem_id, "HOLM  ", 6);
	memcpy(h->oem_table_id, "HOLMVM  ", 8);
	h->oem_revision = 1;
	memcpy(h->creator_id, "HOLM", 4);
	h->creator_revision = 1;
}

void acpi_header_seal(struct acpi_header *h)
{
	h->checksum = 0;
	h->checksum = acpi_checksum(h, h->length);
}

struct acpi_gas acpi_gas_port(u16 port, u8 bytes)
{
	/* Access size is coded: 1 byte, 2 word, 3 dword. */
	return (struct acpi_gas){ 1, (u8)(bytes * 8), 0,
				  (u8)(bytes == 4 ? 3 : bytes), port };
}

void acpi_rsdp_init(struct acpi_rsdp *r, u64 xsdt)
{
	*r = (struct acpi_rsdp){
		.revision = 2,
		.length = sizeof(*r),
		.xsdt = xsdt,
	};
	memcpy(r->signature, "RSD PTR ", 8);
	memcpy(r->oem_id, "HOLM  ", 6);
	r->checksum = acpi_checksum(r, RSDP_V1_LENGTH);
	r->ext_checksum = acpi_checksum(r, sizeof(*r));
}
