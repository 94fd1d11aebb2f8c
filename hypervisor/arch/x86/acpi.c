/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/x86/acpi.h"

#include "lib/string.h"

/* ACPI 6.4, table 5.3 */
struct rsdp {
	char signature[8];
	u8 checksum;
	char oem[6];
	u8 revision;
	u32 rsdt;
	u32 length;
	u64 xsdt;
} __packed;

/* Table 5.4 */
struct acpi_header {
	char signature[4];
	u32 length;
	u8 revision;
	u8 checksum;
	char oem[6];
	char oem_table[8];
	u32 oem_revision;
	u32 creator;
	u32 creator_revision;
} __packed;

_Static_assert(sizeof(struct acpi_header) == 36, "ACPI 6.4, table 5.4");

/* Tables 5.19, 5.21, 5.24, 5.29 */
struct madt_entry {
	u8 type;
	u8 length;
} __packed;

struct madt_lapic {
	struct madt_entry h;
	u8 uid;
	u8 id;
	u32 flags;
} __packed;

struct madt_ioapic_entry {
	struct madt_entry h;
	u8 id;
	u8 reserved;
	u32 address;
	u32 gsi_base;
} __packed;

struct madt_x2apic {
	struct madt_entry h;
	u16 reserved;
	u32 id;
	u32 flags;
	u32 uid;
} __packed;

struct mcfg_entry {
	u64 base;
	u16 segment;
	u8 bus_first;
	u8 bus_last;
	u32 reserved;
} __packed;

#define IVHD_BASIC      0x10
#define VTD_REGISTERS   KIB(4)
#define AMDVI_REGISTERS KIB(16)
#define MADT_ENABLED    BIT32(0)
#define FADT_PM_TMR_BLK 76
#define EARLY_MAP_END   GIB(4)

static bool sum_ok(const void *p, u64 len)
{
	const u8 *b = p;
	u8 sum = 0;

	while (len--)
		sum = (u8)(sum + *b++);
	return sum == 0;
}

static const void *at(u64 pa)
{
	return (const void *)(uintptr_t)pa;
}

static u64 rsdp_scan(u64 from, u64 to)
{
	for (u64 pa = from; pa < to; pa += 16) {
		if (!memcmp(at(pa), "RSD PTR ", 8) && sum_ok(at(pa), 20))
			return pa;
	}
	return 0;
}

/* ACPI 6.4, 5.2.5.1: first KiB of the EBDA, then the BIOS read-only area. */
static u64 rsdp_find(void)
{
	u16 segment;
	u64 pa;

	memcpy(&segment, at(0x40e), sizeof(segment));
	pa = (u64)segment << 4;
	pa = pa ? rsdp_scan(pa, pa + KIB(1)) : 0;
	return pa ? pa : rsdp_scan(0xe0000, 0x100000);
}

static const struct acpi_header *table_at(u64 pa)
{
	const struct acpi_header *h = at(pa);

	if (!pa || pa >= EARLY_MAP_END - KIB(64))
		return NULL;
	if (h->length < sizeof(*h) || pa + h->length > EARLY_MAP_END)
		return NULL;
	return sum_ok(h, h->length) ? h : NULL;
}

static void madt_cpu(struct acpi_info *info, u32 id, u32 flags)
{
	if (!(flags & MADT_ENABLED))
		return;
	for (u32 i = 0; i < info->ncpus; i++) {
		if (info->lapic_ids[i] == id)
			return;
	}
	if (info->ncpus == info->max_cpus)
		info->too_many = true;
	else
		info->lapic_ids[info->ncpus++] = id;
}

static void madt_ioapic(struct acpi_info *info,
			const struct madt_ioapic_entry *io)
{
	if (info->nioapics == ACPI_MAX_IOAPICS)
		info->too_many = true;
	else
		info->ioapic[info->nioapics++] =
			(struct acpi_ioapic){ io->address, io->gsi_base };
}

static void madt_one(struct acpi_info *info, const void *p, u8 len)
{
	const struct madt_entry *e = p;
	const struct madt_lapic *l = p;
	const struct madt_x2apic *x = p;
	const struct madt_ioapic_entry *io = p;

	if (e->type == 0 && len >= sizeof(*l))
		madt_cpu(info, l->id, l->flags);
	else if (e->type == 9 && len >= sizeof(*x))
		madt_cpu(info, x->id, x->flags);
	else if (e->type == 1 && len >= sizeof(*io))
		madt_ioapic(info, io);
}

static void read_madt(struct acpi_info *info, const struct acpi_header *h)
{
	const u8 *p = (const u8 *)h + sizeof(*h) + 8;
	const u8 *end = (const u8 *)h + h->length;

	while (p + sizeof(struct madt_entry) <= end) {
		u8 len = p[1];

		if (len < sizeof(struct madt_entry) || p + len > end)
			return;
		madt_one(info, p, len);
		p += len;
	}
}

static void read_mcfg(struct acpi_info *info, const struct acpi_header *h)
{
	const u8 *p = (const u8 *)h + sizeof(*h) + 8;
	const u8 *end = (const u8 *)h + h->length;
	struct mcfg_entry e;

	for (; p + sizeof(e) <= end; p += sizeof(e)) {
		memcpy(&e, p, sizeof(e));
		if (e.segment)
			continue;
		info->mcfg_base = e.base;
		info->mcfg_bus_first = e.bus_first;
		info->mcfg_bus_last = e.bus_last;
	}
}

static void add_iommu(struct acpi_info *info, const u8 *base, u64 size)
{
	struct acpi_iommu *u = &info->iommu[info->niommus];

	if (info->niommus == ACPI_MAX_IOMMUS) {
		info->too_many = true;
		return;
	}
	memcpy(&u->base, base, sizeof(u->base));
	u->size = size;
	info->niommus++;
}

/* VT-d 4.1, 8.1: remapping structures; type 0 is a hardware unit (DRHD). */
static void read_dmar(struct acpi_info *info, const struct acpi_header *h)
{
	const u8 *p = (const u8 *)h + sizeof(*h) + 12;
	const u8 *end = (const u8 *)h + h->length;
	u16 type, len;

	for (; p + 16 <= end; p += len) {
		memcpy(&type, p, sizeof(type));
		memcpy(&len, p + 2, sizeof(len));
		if (len < 16)
			return;
		if (type == 0)
			add_iommu(info, p + 8, VTD_REGISTERS);
	}
}

/* AMD I/O virtualization 3.08, 5.2.1: IVHD blocks describe a unit each. */
static void read_ivrs(struct acpi_info *info, const struct acpi_header *h)
{
	const u8 *p = (const u8 *)h + sizeof(*h) + 12;
	const u8 *end = (const u8 *)h + h->length;
	u16 len;

	for (; p + 24 <= end; p += len) {
		memcpy(&len, p + 2, sizeof(len));
		if (len < 24)
			return;
		/* Types 11h and 40h repeat a unit for newer software. */
		if (p[0] == IVHD_BASIC)
			add_iommu(info, p + 8, AMDVI_REGISTERS);
	}
}

static void read_fadt(struct acpi_info *info, const struct acpi_header *h)
{
	u32 port;

	if (h->length < FADT_PM_TMR_BLK + sizeof(port))
		return;
	memcpy(&port, (const u8 *)h + FADT_PM_TMR_BLK, sizeof(port));
	info->pm_timer_port = (u16)port;
}

static const struct {
	char signature[5];
	void (*read)(struct acpi_info *, const struct acpi_header *);
} readers[] = {
	{ "APIC", read_madt }, { "MCFG", read_mcfg }, { "FACP", read_fadt },
	{ "DMAR", read_dmar }, { "IVRS", read_ivrs },
};

static void read_table(struct acpi_info *info, u64 pa)
{
	const struct acpi_header *h = table_at(pa);

	if (!h)
		return;
	for (u32 i = 0; i < ARRAY_SIZE(readers); i++) {
		if (!memcmp(h->signature, readers[i].signature, 4))
			readers[i].read(info, h);
	}
}

static void read_root(struct acpi_info *info, const struct acpi_header *root,
		      u32 width)
{
	const u8 *p = (const u8 *)root + sizeof(*root);
	const u8 *end = (const u8 *)root + root->length;

	for (; p + width <= end; p += width) {
		u64 pa = 0;

		memcpy(&pa, p, width);
		read_table(info, pa);
	}
}

const char *acpi_read(struct acpi_info *info, u64 pa)
{
	const struct acpi_header *root;
	const struct rsdp *rsdp;
	u32 width;

	if (!pa)
		pa = rsdp_find();
	if (!pa)
		return "the firmware offers no ACPI tables (no RSDP found)";
	rsdp = at(pa);
	width = rsdp->revision >= 2 && rsdp->xsdt ? 8 : 4;
	root = table_at(width == 8 ? rsdp->xsdt : rsdp->rsdt);
	if (!root)
		return "the firmware's ACPI root table is damaged";
	read_root(info, root, width);
	if (!info->ncpus)
		return "the firmware's ACPI tables name no CPU (no MADT)";
	if (info->too_many)
		return "the machine has more CPUs, I/O APICs or IOMMUs than "
		       "Holm can keep apart";
	return NULL;
}
