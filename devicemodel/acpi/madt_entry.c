/* SPDX-License-Identifier: BSD-2-Clause */
#include "acpi/madt_entry.h"

#include "acpi/table.h"

#include <string.h>

#define MADT_REVISION     5
#define CPU_ENABLED       1
#define ALL_PROCESSORS    0xff
#define ALL_X2_PROCESSORS 0xffffffff
#define LINT1             1
#define XAPIC_IDS         255 /* ids below fit an xAPIC entry */

struct madt {
	struct acpi_header h;
	u32 lapic_addr;
	u32 flags;
} __attribute__((packed));
static_assert(sizeof(struct madt) == 44, "ACPI 6.4, table 5.19");

struct madt_lapic {
	u8 type;
	u8 length;
	u8 uid;
	u8 id;
	u32 flags;
} __attribute__((packed));
static_assert(sizeof(struct madt_lapic) == 8, "ACPI 6.4, table 5.21");

struct madt_x2apic {
	u8 type;
	u8 length;
	u16 reserved;
	u32 id;
	u32 flags;
	u32 uid;
} __attribute__((packed));
static_assert(sizeof(struct madt_x2apic) == 16, "ACPI 6.4, table 5.34");

struct madt_ioapic {
	u8 type;
	u8 length;
	u8 id;
	u8 reserved;
	u32 addr;
	u32 gsi_base;
} __attribute__((packed));
static_assert(sizeof(struct madt_ioapic) == 12, "ACPI 6.4, table 5.23");

struct madt_override {
	u8 type;
	u8 length;
	u8 bus;
	u8 irq;
	u32 gsi;
	u16 flags;
} __attribute__((packed));
static_assert(sizeof(struct madt_override) == 10, "ACPI 6.4, table 5.25");

struct madt_lapic_nmi {
	u8 type;
	u8 length;
	u8 uid;
	u16 flags;
	u8 lint;
} __attribute__((packed));
static_assert(sizeof(struct madt_lapic_nmi) == 6, "ACPI 6.4, table 5.27");

struct madt_x2apic_nmi {
	u8 type;
	u8 length;
	u16 flags;
	u32 uid;
	u8 lint;
	u8 reserved[3];
} __attribute__((packed));
static_assert(sizeof(struct madt_x2apic_nmi) == 12, "ACPI 6.4, table 5.35");

static void put(struct madt_out *o, const void *entry, size_t n)
{
	if (n > o->size - o->len) {
		o->full = true;
		return;
	}
	memcpy(o->buf + o->len, entry, n);
	o->len += n;
}

void madt_begin(struct madt_out *o, void *buf, size_t size, u32 flags)
{
	struct madt head = { .lapic_addr = MADT_LAPIC_BASE, .flags = flags };

	*o = (struct madt_out){ buf, size, 0, false };
	put(o, &head, sizeof(head));
}

void madt_put_cpu(struct madt_out *o, u32 uid, u32 id)
{
	struct madt_lapic lapic = { 0, sizeof(lapic), (u8)uid, (u8)id,
				    CPU_ENABLED };
	struct madt_x2apic x2apic = {
		9, sizeof(x2apic), 0, id, CPU_ENABLED, uid
	};

	if (id < XAPIC_IDS)
		put(o, &lapic, sizeof(lapic));
	else
		put(o, &x2apic, sizeof(x2apic));
}

void madt_put_ioapic(struct madt_out *o, u8 id, u32 addr, u32 gsi_base)
{
	struct madt_ioapic ioapic = {
		1, sizeof(ioapic), id, 0, addr, gsi_base
	};

	put(o, &ioapic, sizeof(ioapic));
}

void madt_put_override(struct madt_out *o, u8 irq, u32 gsi, u16 flags)
{
	struct madt_override e = { 2, sizeof(e), 0, irq, gsi, flags };

	put(o, &e, sizeof(e));
}

void madt_put_nmi(struct madt_out *o)
{
	struct madt_lapic_nmi nmi = { 4, sizeof(nmi), ALL_PROCESSORS, 0,
				      LINT1 };
	struct madt_x2apic_nmi x2nmi = { 10,    sizeof(x2nmi),
					 0,     ALL_X2_PROCESSORS,
					 LINT1, { 0 } };

	put(o, &nmi, sizeof(nmi));
	put(o, &x2nmi, sizeof(x2nmi));
}

size_t madt_end(struct madt_out *o)
{
	struct acpi_header *h = (struct acpi_header *)(void *)o->buf;

	acpi_header_init(h, "APIC", MADT_REVISION, (u32)o->len);
	acpi_header_seal(h);
	return o->len;
}
