/* SPDX-License-Identifier: BSD-2-Clause */
/* The interrupt controllers: ACPI 6.4, 5.2.12. */
#include "acpi/acpi.h"

#include "mem/layout.h"

#include <string.h>

#define MADT_REVISION     5
#define PCAT_COMPAT       1 /* there is a pair of 8259s */
#define CPU_ENABLED       1
#define ALL_PROCESSORS    0xff
#define ALL_X2_PROCESSORS 0xffffffff
#define LINT1             1
#define ACTIVE_HIGH       0x1
#define LEVEL             0xc
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

struct out {
	u8 *buf;
	size_t size;
	size_t len;
};

static void put(struct out *o, const void *entry, size_t n)
{
	if (n > o->size - o->len)
		return;
	memcpy(o->buf + o->len, entry, n);
	o->len += n;
}

static void put_cpu(struct out *o, u32 uid, u32 id)
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

/* The smallest number that is no CPU's: some guests want ids to differ. */
static u8 free_apic_id(const struct acpi_config *cfg)
{
	u32 id, k;

	for (id = 0;; id++) {
		for (k = 0; k < cfg->nvcpus && cfg->lapic_id[k] != id; k++)
			;
		if (k == cfg->nvcpus)
			return (u8)id;
	}
}

size_t acpi_build_madt(const struct acpi_config *cfg, void *buf, size_t size)
{
	struct madt_ioapic ioapic = { 1, sizeof(ioapic), free_apic_id(cfg),
				      0, IOAPIC_BASE,    0 };
	struct madt_override timer = { 2, sizeof(timer), 0, 0, 2, 0 };
	struct madt_override sci = {
		2, sizeof(sci), 0, IRQ_SCI, IRQ_SCI, ACTIVE_HIGH | LEVEL
	};
	struct madt_lapic_nmi nmi = { 4, sizeof(nmi), ALL_PROCESSORS, 0,
				      LINT1 };
	struct madt_x2apic_nmi x2nmi = { 10,    sizeof(x2nmi),
					 0,     ALL_X2_PROCESSORS,
					 LINT1, { 0 } };
	struct madt head = { .lapic_addr = LAPIC_BASE, .flags = PCAT_COMPAT };
	struct out o = { buf, size, 0 };
	u32 k;

	put(&o, &head, sizeof(head));
	for (k = 0; k < cfg->nvcpus; k++)
		put_cpu(&o, k, cfg->lapic_id[k]);
	put(&o, &ioapic, sizeof(ioapic));
	put(&o, &timer, sizeof(timer));
	put(&o, &sci, sizeof(sci));
	put(&o, &nmi, sizeof(nmi));
	put(&o, &x2nmi, sizeof(x2nmi));
	acpi_header_init(buf, "APIC", MADT_REVISION, (u32)o.len);
	acpi_header_seal(buf);
	return o.len;
}
