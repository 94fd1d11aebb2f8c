/* SPDX-License-Identifier: BSD-2-Clause */
#include "cell/linux_acpi.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "acpi/aml.h"
#include "acpi/madt_entry.h"
#include "acpi/table.h"
#include "cell/compile.h"
#include "cell/linux_map.h"

#define TABLE_ALIGN  16 /* the root pointer's; the others need 8 */
#define CONFIG_PORTS 0xcf8
#define BUSES        256

/* Where BARs can be that have no place yet, below the I/O APICs. */
#define HOLE_SIZE  MIB
#define HOLE_FIRST 0x80000000ULL
#define HOLE_LAST  (0xfec00000ULL - HOLE_SIZE)

/* Bytes of MADT entries: ACPI 6.5, 5.2.12.3 and 5.2.12.5. */
#define MADT_IOAPIC_LEN 12
#define MADT_OVER_LEN   10

const struct linux_uart linux_uarts[LINUX_UARTS] = {
	{ 0x3f8, 4 },
	{ 0x2f8, 3 },
	{ 0x3e8, 4 },
	{ 0x2e8, 3 },
};

/* What is being written. The first failure sticks. */
struct area {
	const struct holm_cell_desc *d;
	const struct cell_linux_params *params;
	u8 *buf;
	size_t size;
	u64 at; /* where the cell sees buf */
	size_t used;
	int rc;
};

static u64 area_put(struct area *a, const void *table, size_t len)
{
	size_t off = (size_t)align_up(a->used, TABLE_ALIGN);

	if (a->rc)
		return 0;
	if (off > a->size || len > a->size - off) {
		a->rc = -ENOSPC;
		return 0;
	}
	memcpy(a->buf + off, table, len);
	a->used = off + len;
	return a->at + off;
}

bool linux_has_uart(const struct holm_cell_desc *d, u32 i)
{
	const struct holm_cell_port *p = NULL;
	u32 port = linux_uarts[i].port;

	while ((p = cell_record_next(d, HOLM_CELL_R_PORT, p)))
		if (p->port <= port && port + 8 <= p->port + p->count)
			return true;
	return false;
}

static bool has_gsi(const struct holm_cell_desc *d, u32 gsi)
{
	const struct holm_cell_irq *q = NULL;

	while ((q = cell_record_next(d, HOLM_CELL_R_IRQ, q)))
		if (q->gsi == gsi)
			return true;
	return false;
}

static const u8 *next_override(const struct cell_linux_params *p,
			       const u8 *prev)
{
	return madt_find(&p->madt, prev, MADT_OVERRIDE, MADT_OVER_LEN);
}

/* The line of an ISA interrupt. */
static u32 isa_gsi(const struct cell_linux_params *p, u8 irq)
{
	const u8 *e = NULL;

	while ((e = next_override(p, e)))
		if (e[3] == irq)
			return madt_u32(e + 4);
	return irq;
}

static const u8 *next_ioapic(const struct cell_linux_params *p, const u8 *prev)
{
	return madt_find(&p->madt, prev, MADT_IOAPIC, MADT_IOAPIC_LEN);
}

/* An I/O APIC has the lines from its own first one to the next one's. */
static const u8 *ioapic_of(const struct cell_linux_params *p, u32 gsi)
{
	const u8 *e = NULL, *best = NULL;

	while ((e = next_ioapic(p, e)))
		if (madt_u32(e + 8) <= gsi &&
		    (!best || madt_u32(e + 8) > madt_u32(best + 8)))
			best = e;
	return best;
}

/* The I/O APIC at e has a line of the cell's. */
static bool has_line_of(const struct area *a, const u8 *e)
{
	const struct holm_cell_irq *q = NULL;

	while ((q = cell_record_next(a->d, HOLM_CELL_R_IRQ, q)))
		if (ioapic_of(a->params, q->gsi) == e)
			return true;
	return false;
}

static u64 put_madt(struct area *a)
{
	const struct holm_cell_cpu *c = NULL;
	const u8 *e = NULL;
	static u8 buf[65536];
	struct madt_out o;
	u32 uid = 0;

	madt_begin(&o, buf, sizeof(buf), 0);
	while ((c = cell_record_next(a->d, HOLM_CELL_R_CPU, c)))
		madt_put_cpu(&o, uid++, c->lapic_id);
	while ((e = next_ioapic(a->params, e)))
		if (has_line_of(a, e))
			madt_put_ioapic(&o, e[2], madt_u32(e + 4),
					madt_u32(e + 8));
	while ((e = next_override(a->params, e)))
		if (has_gsi(a->d, madt_u32(e + 4)))
			madt_put_override(&o, e[3], madt_u32(e + 4),
					  (u16)(e[8] | e[9] << 8));
	madt_put_nmi(&o);
	if (o.full)
		a->rc = -ENOSPC;
	return area_put(a, buf, madt_end(&o));
}

static bool has_pci(const struct area *a)
{
	return cell_record_next(a->d, HOLM_CELL_R_PCI, NULL) ||
	       cell_record_next(a->d, HOLM_CELL_R_IVSHMEM, NULL);
}

static void add_sleep_state(struct aml *aml)
{
	u32 i;

	aml_name(aml, "\\_S5");
	aml_open_package(aml, 4);
	aml_int(aml, HOLM_CELL_S5);
	for (i = 0; i < 3; i++)
		aml_int(aml, 0);
	aml_close(aml);
}

static void add_processors(const struct area *a, struct aml *aml)
{
	const struct holm_cell_cpu *c = NULL;
	char name[16];
	u32 uid = 0;

	while ((c = cell_record_next(a->d, HOLM_CELL_R_CPU, c))) {
		snprintf(name, sizeof(name), "C%03X", uid);
		aml_open_device(aml, name);
		aml_name(aml, "_HID");
		aml_string(aml, "ACPI0007");
		aml_name_int(aml, "_UID", uid++);
		aml_close(aml);
	}
}

/* Without its interrupt Linux looks at a port from time to time. */
static void add_uart(const struct area *a, struct aml *aml, u32 i)
{
	const struct linux_uart *u = &linux_uarts[i];
	char name[16];

	snprintf(name, sizeof(name), "COM%u", i + 1);
	aml_open_device(aml, name);
	aml_name_eisaid(aml, "_HID", "PNP0501");
	aml_name_int(aml, "_UID", i + 1);
	aml_name(aml, "_CRS");
	aml_open_resources(aml);
	aml_res_io(aml, u->port, 8);
	if (has_gsi(a->d, isa_gsi(a->params, u->irq)))
		aml_res_irq(aml, u->irq);
	aml_close_resources(aml);
	aml_close(aml);
}

static bool window_overlaps(const struct cell_linux_params *p, u64 at)
{
	u32 i;

	for (i = 0; i < p->windows; i++)
		if (!p->window[i].is_io &&
		    p->window[i].first < at + HOLE_SIZE &&
		    p->window[i].last >= at)
			return true;
	return false;
}

/* The highest free place for a hole, or 0. */
static u64 find_hole(const struct area *a)
{
	struct linux_map map;
	u64 at;

	if (linux_map_build(a->d, &map))
		return 0;
	for (at = HOLE_LAST; at >= HOLE_FIRST; at -= HOLE_SIZE)
		if (linux_map_is_free(&map, at, HOLE_SIZE) &&
		    !window_overlaps(a->params, at))
			break;
	linux_map_free(&map);
	return at >= HOLE_FIRST ? at : 0;
}

/* A shared-memory device has BARs that the kernel places. */
static void add_hole(const struct area *a, struct aml *aml, u32 bus)
{
	const struct holm_cell_ivshmem *v = NULL;
	u64 at;

	while ((v = cell_record_next(a->d, HOLM_CELL_R_IVSHMEM, v)))
		if ((v->bdf >> 8 & 0xff) == bus)
			break;
	at = v ? find_hole(a) : 0;
	if (at)
		aml_res_mem_window(aml, at, at + HOLE_SIZE - 1);
}

static void add_windows(const struct area *a, struct aml *aml, u32 bus)
{
	const struct cell_linux_params *p = a->params;
	u32 i;

	aml_name(aml, "_CRS");
	aml_open_resources(aml);
	aml_res_bus_window(aml, (u16)bus, (u16)bus);
	for (i = 0; i < p->windows; i++) {
		const struct linux_window *w = &p->window[i];

		if (w->bus != bus)
			continue;
		if (w->is_io)
			aml_res_io_window(aml, (u16)w->first, (u16)w->last);
		else
			aml_res_mem_window(aml, w->first, w->last);
	}
	add_hole(a, aml, bus);
	if (bus == 0)
		aml_res_io(aml, CONFIG_PORTS, 8);
	aml_close_resources(aml);
}

/* What leads to a bus is not the cell's, so each bus stands for itself. */
static void add_bus(const struct area *a, struct aml *aml, u32 bus)
{
	char name[16];

	snprintf(name, sizeof(name), "PC%02X", bus);
	aml_open_device(aml, name);
	aml_name_eisaid(aml, "_HID", "PNP0A03");
	aml_name_int(aml, "_UID", bus);
	aml_name_int(aml, "_BBN", bus);
	add_windows(a, aml, bus);
	aml_close(aml);
}

static void add_buses(const struct area *a, struct aml *aml)
{
	const struct holm_cell_pci *p = NULL;
	const struct holm_cell_ivshmem *v = NULL;
	bool there[BUSES] = { false };
	u32 i;

	/* Configuration by ports is found at bus 0 alone. */
	there[0] = has_pci(a);
	while ((p = cell_record_next(a->d, HOLM_CELL_R_PCI, p)))
		there[p->bdf >> 8 & 0xff] = true;
	while ((v = cell_record_next(a->d, HOLM_CELL_R_IVSHMEM, v)))
		there[v->bdf >> 8 & 0xff] = true;
	for (i = 0; i < BUSES; i++)
		if (there[i])
			add_bus(a, aml, i);
}

static void build_dsdt(const struct area *a, struct aml *aml)
{
	struct acpi_header h = { 0 };
	u32 i;

	aml_init(aml);
	aml_bytes(aml, &h, sizeof(h));
	add_sleep_state(aml);
	aml_open_scope(aml, "\\_SB");
	add_processors(a, aml);
	for (i = 0; i < LINUX_UARTS; i++)
		if (linux_has_uart(a->d, i))
			add_uart(a, aml, i);
	add_buses(a, aml);
	aml_close(aml);
	if (aml->failed || aml->depth)
		return;
	acpi_header_init((struct acpi_header *)(void *)aml->buf, "DSDT", 2,
			 (u32)aml->len);
	acpi_header_seal((struct acpi_header *)(void *)aml->buf);
}

static u64 put_dsdt(struct area *a)
{
	struct aml aml;
	u64 at = 0;

	build_dsdt(a, &aml);
	if (aml.failed || aml.depth)
		a->rc = -ENOMEM;
	else
		at = area_put(a, aml.buf, aml.len);
	aml_free(&aml);
	return at;
}

static u64 put_fadt(struct area *a, u64 dsdt)
{
	struct acpi_fadt f = {
		.boot_arch = BOOT_NO_VGA | BOOT_NO_ASPM | BOOT_NO_RTC,
		.flags = FADT_WBINVD | FADT_PROC_C1 | FADT_PWR_BUTTON |
			 FADT_SLP_BUTTON | FADT_RESET_REG_SUP | FADT_HW_REDUCED,
		.reset_reg = acpi_gas_port(HOLM_CELL_POWER + 2, 1),
		.reset_value = HOLM_CELL_RESET,
		.minor = ACPI_FADT_MINOR,
		.x_dsdt = dsdt,
		.sleep_cnt = acpi_gas_port(HOLM_CELL_POWER, 1),
		.sleep_sts = acpi_gas_port(HOLM_CELL_POWER + 1, 1),
	};

	if (!has_pci(a))
		f.boot_arch |= BOOT_NO_MSI;
	acpi_header_init(&f.h, "FACP", ACPI_FADT_REVISION, sizeof(f));
	acpi_header_seal(&f.h);
	return area_put(a, &f, sizeof(f));
}

static u64 put_xsdt(struct area *a)
{
	struct {
		struct acpi_header h;
		u64 entry[2];
	} __attribute__((packed)) x = { 0 };

	x.entry[0] = put_fadt(a, put_dsdt(a));
	x.entry[1] = put_madt(a);
	acpi_header_init(&x.h, "XSDT", 1, sizeof(x));
	acpi_header_seal(&x.h);
	return area_put(a, &x, sizeof(x));
}

/* A line must be one of some I/O APIC, or the kernel could not use it. */
static int check_lines(const struct holm_cell_desc *d,
		       const struct cell_linux_params *p, struct dm_error *err)
{
	const struct holm_cell_irq *q = NULL;

	while ((q = cell_record_next(d, HOLM_CELL_R_IRQ, q)))
		if (!ioapic_of(p, q->gsi))
			return dm_fail(err, -EINVAL,
				       "interrupt %u: the machine's ACPI table"
				       " APIC has no I/O APIC for it",
				       q->gsi);
	return 0;
}

int linux_acpi_build(const struct holm_cell_desc *d,
		     const struct cell_linux_params *params,
		     struct linux_tables *t, struct dm_error *err)
{
	struct area a = { d, params, t->buf, t->size, t->at, 0, 0 };
	struct acpi_rsdp r = { 0 };
	int rc = check_lines(d, params, err);

	if (rc)
		return rc;
	t->rsdp = area_put(&a, &r, sizeof(r));
	acpi_rsdp_init(&r, put_xsdt(&a));
	if (a.rc)
		return dm_fail(err, a.rc,
			       "the ACPI tables of so many CPUs and"
			       " PCI buses do not fit into %zu KiB",
			       t->size / 1024);
	memcpy(t->buf, &r, sizeof(r));
	return (int)a.used;
}
