/* SPDX-License-Identifier: BSD-2-Clause */
/* The differentiated system description: what cannot be probed. */
#include "acpi/acpi.h"

#include "mem/layout.h"

#include <stdio.h>
#include <string.h>

#define PCI_PINS     4
#define CONFIG_PORTS 0xcf8

static void add_sleep_states(struct aml *aml)
{
	u32 i;

	/* SLP_TYP 5 for both control blocks: what platform/pm.c expects. */
	aml_name(aml, "\\_S5");
	aml_open_package(aml, 4);
	aml_int(aml, 5);
	for (i = 0; i < 3; i++)
		aml_int(aml, 0);
	aml_close(aml);
}

static void add_processors(const struct acpi_config *cfg, struct aml *aml)
{
	char name[16];
	u32 i;

	for (i = 0; i < cfg->nvcpus; i++) {
		snprintf(name, sizeof(name), "C%03u", i);
		aml_open_device(aml, name);
		aml_name(aml, "_HID");
		aml_string(aml, "ACPI0007");
		aml_name_int(aml, "_UID", i);
		aml_close(aml);
	}
}

/*
 * The eight shared PCI interrupt lines as link devices: routing straight to
 * a GSI would mean active-low, and these lines are active-high.
 */
static void add_links(struct aml *aml)
{
	static const char *const lists[] = { "_PRS", "_CRS" };
	char name[16];
	size_t l;
	u32 i;

	for (i = 0; i < PCI_GSI_COUNT; i++) {
		snprintf(name, sizeof(name), "LNK%u", i);
		aml_open_device(aml, name);
		aml_name_eisaid(aml, "_HID", "PNP0C0F");
		aml_name_int(aml, "_UID", i);
		for (l = 0; l < ARRAY_SIZE(lists); l++) {
			aml_name(aml, lists[l]);
			aml_open_resources(aml);
			aml_res_gsi(aml, PCI_GSI_BASE + i);
			aml_close_resources(aml);
		}
		/* Fixed wiring: there is nothing to set or to disable. */
		aml_open_method(aml, "_SRS", 1);
		aml_close(aml);
		aml_open_method(aml, "_DIS", 0);
		aml_close(aml);
		aml_close(aml);
	}
}

static void add_route(struct aml *aml, u32 slot, u32 pin)
{
	char link[16];

	snprintf(link, sizeof(link), "\\_SB.LNK%u",
		 (slot + pin) & (PCI_GSI_COUNT - 1));
	aml_open_package(aml, 4);
	aml_int(aml, slot << 16 | 0xffff);
	aml_int(aml, pin);
	aml_path(aml, link);
	aml_int(aml, 0);
	aml_close(aml);
}

static void add_routing(const struct acpi_config *cfg, struct aml *aml)
{
	u32 slot, pin, routes = 0;

	for (slot = 0; slot < DM_MAX_SLOTS; slot++)
		if (cfg->pci_slots & BIT(slot))
			routes += PCI_PINS;
	aml_name(aml, "_PRT");
	aml_open_package(aml, (u8)routes);
	for (slot = 0; slot < DM_MAX_SLOTS; slot++)
		for (pin = 0; pin < PCI_PINS; pin++)
			if (cfg->pci_slots & BIT(slot))
				add_route(aml, slot, pin);
	aml_close(aml);
}

static void add_windows(struct aml *aml)
{
	aml_name(aml, "_CRS");
	aml_open_resources(aml);
	aml_res_bus_window(aml, 0, 0);
	aml_res_io(aml, CONFIG_PORTS, 8);
	aml_res_io_window(aml, 0, CONFIG_PORTS - 1);
	aml_res_io_window(aml, CONFIG_PORTS + 8, PCI_IO_END - 1);
	aml_res_mem_window(aml, PCI_MMIO32_BASE, PCI_MMIO32_END - 1);
	aml_res_mem_window(aml, PCI_MMIO64_BASE, PCI_MMIO64_END - 1);
	aml_close_resources(aml);
}

struct legacy_device {
	const char *name;
	const char *hid;
	u32 uid;
	u16 port;
	u8 ports;
	u8 irq;
};

static void add_legacy(struct aml *aml, const struct legacy_device *d)
{
	aml_open_device(aml, d->name);
	aml_name_eisaid(aml, "_HID", d->hid);
	aml_name_int(aml, "_UID", d->uid);
	aml_name(aml, "_CRS");
	aml_open_resources(aml);
	aml_res_io(aml, d->port, d->ports);
	aml_res_irq(aml, d->irq);
	aml_close_resources(aml);
	aml_close(aml);
}

static void add_lpc(const struct acpi_config *cfg, struct aml *aml)
{
	static const struct legacy_device rtc = {
		"RTC", "PNP0B00", 0, PORT_RTC, 2, IRQ_RTC
	};
	static const struct legacy_device coms[COM_COUNT] = {
		[COM1] = { "COM1", "PNP0501", 1, PORT_COM1, 8, IRQ_COM1 },
		[COM2] = { "COM2", "PNP0501", 2, PORT_COM2, 8, IRQ_COM2 },
	};
	u32 i;

	aml_open_device(aml, "LPC");
	aml_name_int(aml, "_ADR", cfg->lpc_slot << 16);
	add_legacy(aml, &rtc);
	for (i = 0; i < COM_COUNT; i++)
		if (cfg->com[i])
			add_legacy(aml, &coms[i]);
	aml_close(aml);
}

/* What must not be given to anyone else: configuration space, PM ports. */
static void add_motherboard(struct aml *aml)
{
	aml_open_device(aml, "MBRD");
	aml_name_eisaid(aml, "_HID", "PNP0C02");
	aml_name_int(aml, "_UID", 0);
	aml_name(aml, "_CRS");
	aml_open_resources(aml);
	aml_res_mem32(aml, (u32)PCI_ECAM_BASE, (u32)PCI_ECAM_SIZE);
	aml_res_io(aml, PORT_POST, 1);
	aml_res_io(aml, PORT_PM1_EVENT, 12);
	aml_close_resources(aml);
	aml_close(aml);
}

static void add_pci_host(const struct acpi_config *cfg, struct aml *aml)
{
	aml_open_device(aml, "PCI0");
	aml_name_eisaid(aml, "_HID", "PNP0A08");
	aml_name_eisaid(aml, "_CID", "PNP0A03");
	aml_name_int(aml, "_UID", 0);
	aml_name_int(aml, "_SEG", 0);
	aml_name_int(aml, "_BBN", 0);
	add_windows(aml);
	add_routing(cfg, aml);
	add_lpc(cfg, aml);
	aml_close(aml);
}

void acpi_build_dsdt(const struct acpi_config *cfg, struct aml *aml)
{
	struct acpi_header h = { 0 };

	aml_init(aml);
	aml_bytes(aml, &h, sizeof(h));
	add_sleep_states(aml);
	aml_open_scope(aml, "\\_SB");
	add_processors(cfg, aml);
	add_links(aml);
	add_pci_host(cfg, aml);
	add_motherboard(aml);
	aml_close(aml);
	if (aml->failed || aml->depth)
		return;
	acpi_header_init((struct acpi_header *)(void *)aml->buf, "DSDT", 2,
			 (u32)aml->len);
	acpi_header_seal((struct acpi_header *)(void *)aml->buf);
}
