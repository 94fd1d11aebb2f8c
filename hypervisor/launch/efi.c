/* SPDX-License-Identifier: BSD-2-Clause */
#include "launch/efi.h"

#include "lib/errno.h"
#include "lib/string.h"

/* What the operating system makes of a type; 0: reserved. */
static const u8 e820_of[] = {
	[EFI_LOADER_CODE] = E820_RAM,       [EFI_LOADER_DATA] = E820_RAM,
	[EFI_BOOT_CODE] = E820_RAM,         [EFI_BOOT_DATA] = E820_RAM,
	[EFI_CONVENTIONAL] = E820_RAM,      [EFI_UNUSABLE] = E820_UNUSABLE,
	[EFI_ACPI_RECLAIM] = E820_ACPI,     [EFI_ACPI_NVS] = E820_NVS,
	[EFI_PERSISTENT] = E820_PERSISTENT,
};

void efi_map_init(struct efi_map *m, struct efi_desc *buf, u32 cap)
{
	*m = (struct efi_map){ .d = buf, .cap = cap };
}

static u64 end_of(const struct efi_desc *d)
{
	return d->base + d->pages * EFI_PAGE_SIZE;
}

static bool describes_something(const struct efi_desc *d)
{
	if (d->pages == 0 || d->base % EFI_PAGE_SIZE)
		return false;
	return d->pages <= (~0ULL - d->base) / EFI_PAGE_SIZE;
}

const char *efi_map_read(struct efi_map *m, const void *table, u64 size,
			 u32 stride, u32 version)
{
	if (stride < sizeof(struct efi_desc) || stride > EFI_STRIDE_MAX ||
	    stride % 8)
		return "the EFI memory map has descriptors of a wrong size";
	m->n = 0;
	m->stride = stride;
	m->version = version;
	for (u64 pos = 0; pos + stride <= size; pos += stride) {
		struct efi_desc d;

		memcpy(&d, (const u8 *)table + pos, sizeof(d));
		if (!describes_something(&d))
			continue;
		if (m->n == m->cap)
			return "the EFI memory map has more entries than fit";
		m->d[m->n++] = d;
	}
	return m->n ? NULL : "the EFI memory map is empty";
}

/* Memory that anybody may use. Firmware says WB where it is plain RAM. */
static bool is_plain(const struct efi_desc *d)
{
	return (d->attr & (EFI_ATTR_WB | EFI_ATTR_SP)) == EFI_ATTR_WB;
}

/* Reserved wherever it is not certain. */
static u32 os_type(const struct efi_desc *d)
{
	u32 type = d->type < ARRAY_SIZE(e820_of) ? e820_of[d->type] : 0;

	if (!type || (type == E820_RAM && !is_plain(d)))
		return E820_RESERVED;
	return type;
}

/* Most descriptors go on where the one before ended, as the same to us. */
static int append(struct e820 *out, const struct efi_desc *d, u32 type)
{
	struct e820_entry *last = out->n ? &out->e[out->n - 1] : NULL;

	if (!last || last->type != type || last->base + last->size != d->base)
		return e820_add(out, d->base, end_of(d) - d->base, type);
	last->size += end_of(d) - d->base;
	return 0;
}

int efi_map_to_e820(const struct efi_map *m, struct e820 *out)
{
	int rc = 0;

	out->n = 0;
	for (u32 i = 0; i < m->n && !rc; i++)
		rc = append(out, &m->d[i], os_type(&m->d[i]));
	return rc ? rc : e820_sanitize(out);
}

static bool is_one_of(const struct efi_desc *d, u32 types)
{
	return d->type < 32 && (types & BIT32(d->type)) && is_plain(d);
}

int efi_map_to_ram(const struct efi_map *m, u32 types, struct e820 *out)
{
	int rc = 0;

	out->n = 0;
	for (u32 i = 0; i < m->n && !rc; i++)
		rc = append(out, &m->d[i],
			    is_one_of(&m->d[i], types) ? E820_RAM
						       : E820_RESERVED);
	return rc ? rc : e820_sanitize(out);
}

static bool overlaps(const struct efi_desc *d, u64 base, u64 end)
{
	return d->base < end && end_of(d) > base;
}

static u32 count_splits(const struct efi_map *m, u64 base, u64 end)
{
	u32 n = 0;

	for (u32 i = 0; i < m->n; i++) {
		const struct efi_desc *d = &m->d[i];

		if (overlaps(d, base, end))
			n += (d->base < base ? 1U : 0) +
			     (end_of(d) > end ? 1U : 0);
	}
	return n;
}

/* Part of descriptor @i stays what it was: [from, to), before entry @at. */
static void keep_part(struct efi_map *m, u32 i, u32 at, u64 from, u64 to)
{
	struct efi_desc d = m->d[i];

	d.base = from;
	d.pages = (to - from) / EFI_PAGE_SIZE;
	memmove(&m->d[at + 1], &m->d[at], (m->n - at) * sizeof(*m->d));
	m->d[at] = d;
	m->n++;
}

/* Returns how many descriptors stand where @i was. */
static u32 reserve_one(struct efi_map *m, u32 i, u64 base, u64 end)
{
	struct efi_desc old = m->d[i];
	u64 from = MAX(old.base, base), to = MIN(end_of(&old), end);
	u32 parts = 1;

	if (end_of(&old) > end) {
		keep_part(m, i, i + 1, end, end_of(&old));
		parts++;
	}
	if (old.base < base) {
		keep_part(m, i, i, old.base, base);
		i++;
		parts++;
	}
	m->d[i].type = EFI_RESERVED;
	m->d[i].attr &= ~EFI_ATTR_RUNTIME;
	m->d[i].base = from;
	m->d[i].pages = (to - from) / EFI_PAGE_SIZE;
	return parts;
}

int efi_map_reserve(struct efi_map *m, u64 base, u64 size)
{
	u64 end = base + size;

	if (count_splits(m, base, end) > m->cap - m->n)
		return -ENOSPC;
	for (u32 i = 0; i < m->n;)
		i += overlaps(&m->d[i], base, end)
			     ? reserve_one(m, i, base, end)
			     : 1;
	return 0;
}
