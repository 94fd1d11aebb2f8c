/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * Interrupt lines of cells: whose driver uses one keeps it. Linux is only
 * looked at: to ask it for the number of a line (acpi_gsi_to_irq) would map
 * the line, and knows none of those that PCI functions have.
 */
#define pr_fmt(fmt) "acrn_hsm: " fmt

#include <linux/acpi.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/irqdomain.h>
#include <linux/printk.h>
#include <linux/rcupdate.h>
#include <linux/string.h>

#include "cell.h"
#include "compat.h"

/* The n-th I/O APIC of the MADT, which is the one Linux numbers n. */
static const struct acpi_madt_io_apic *madt_ioapic(
	const struct acpi_table_header *madt, long n)
{
	const u8 *at = (const u8 *)madt + sizeof(struct acpi_table_madt);
	const u8 *end = (const u8 *)madt + madt->length;
	const struct acpi_subtable_header *sub;

	for (; end - at >= (long)sizeof(struct acpi_madt_io_apic);
	     at += sub->length) {
		sub = (const void *)at;
		if (sub->type == ACPI_MADT_TYPE_IO_APIC && n-- == 0)
			return (const void *)sub;
		if (!sub->length)
			break;
	}
	return NULL;
}

/* Is it the interrupt of line @gsi? The data of a domain is its I/O APIC. */
static bool is_line(const struct acpi_table_header *madt,
		    const struct irq_data *data, u32 gsi)
{
	const struct acpi_madt_io_apic *ioapic;

	if (!data->chip || !data->chip->name || !data->domain ||
	    (strcmp(data->chip->name, "IO-APIC") &&
	     strcmp(data->chip->name, "IR-IO-APIC")))
		return false;
	ioapic = madt_ioapic(madt, (long)data->domain->host_data);
	return ioapic && ioapic->global_irq_base + data->hwirq == gsi;
}

/* The number of an interrupt that comes by @gsi and has a driver, or -1. */
static int irq_of_driver(const struct acpi_table_header *madt, u32 gsi)
{
	const struct irq_data *data;
	int irq, n = (int)hsm_compat_nr_irqs(), found = -1;

	rcu_read_lock();
	for (irq = 0; irq < n && found < 0; irq++) {
		data = irq_get_irq_data(irq);
		if (data && irq_has_action(irq) && is_line(madt, data, gsi))
			found = irq;
	}
	rcu_read_unlock();
	return found;
}

/**
 * hsm_cell_take_irq() - a record of an interrupt line
 * @cell: being made
 * @record: a struct holm_cell_irq
 *
 * Return: 0, -EBUSY for a line that a driver uses, -ENODEV without a MADT.
 */
int hsm_cell_take_irq(struct hsm_cell *cell,
		      const struct holm_cell_record *record)
{
	const struct holm_cell_irq *r = (const void *)record;
	struct acpi_table_header *madt;
	int irq;

	if (ACPI_FAILURE(acpi_get_table(ACPI_SIG_MADT, 0, &madt)))
		return -ENODEV;
	irq = irq_of_driver(madt, r->gsi);
	acpi_put_table(madt);
	if (irq < 0)
		return 0;
	pr_info("cell '%.15s': interrupt line %u: a driver of Linux uses it, "
		"see /proc/interrupts, %d\n",
		HSM_CELL_NAME(cell), r->gsi, irq);
	return -EBUSY;
}
