/* SPDX-License-Identifier: BSD-2-Clause */
/* The interrupt controllers of a User VM. */
#include "acpi/acpi.h"
#include "acpi/madt_entry.h"

#include "mem/layout.h"

static_assert(LAPIC_BASE == MADT_LAPIC_BASE, "one address for all");

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
	struct madt_out o;
	u32 k;

	madt_begin(&o, buf, size, MADT_PCAT_COMPAT);
	for (k = 0; k < cfg->nvcpus; k++)
		madt_put_cpu(&o, k, cfg->lapic_id[k]);
	madt_put_ioapic(&o, free_apic_id(cfg), IOAPIC_BASE, 0);
	madt_put_override(&o, 0, 2, 0);
	madt_put_override(&o, IRQ_SCI, IRQ_SCI, MADT_ACTIVE_HIGH | MADT_LEVEL);
	madt_put_nmi(&o);
	return madt_end(&o);
}
