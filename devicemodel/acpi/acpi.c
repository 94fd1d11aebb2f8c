/* SPDX-License-Identifier: BSD-2-Clause */
#include "acpi/acpi.h"

#include "mem/layout.h"
#include "platform/reset.h"

#include <errno.h>
#include <string.h>

#define TABLE_ALIGN 64 /* FACS needs 64, the others 8 */
#define MADT_MAX    1024

struct acpi_facs {
	char signature[4];
	u32 length;
	u32 hardware_signature;
	u32 waking_vector;
	u32 global_lock;
	u32 flags;
	u64 x_waking_vector;
	u8 version;
	u8 reserved[31];
} __attribute__((packed));
static_assert(sizeof(struct acpi_facs) == 64, "ACPI 6.4, table 5.15");

struct acpi_mcfg {
	struct acpi_header h;
	u64 reserved;
	u64 base;
	u16 segment;
	u8 first_bus;
	u8 last_bus;
	u32 reserved1;
} __attribute__((packed));
static_assert(sizeof(struct acpi_mcfg) == 60, "PCI Firmware 3.3, table 4-2");

struct acpi_xsdt {
	struct acpi_header h;
	u64 entry[3];
} __attribute__((packed));

/* Where tables go, one behind the other. The first failure sticks. */
struct area {
	const struct guest_mem *mem;
	u64 next;
	u64 end;
	int rc;
};

static u64 area_put(struct area *a, const void *table, size_t len)
{
	u64 at = a->next;

	if (a->rc)
		return 0;
	if (len > a->end - at || guest_mem_write(a->mem, GPA(at), table, len)) {
		a->rc = -ENOSPC;
		return 0;
	}
	a->next = min_u64(align_up(at + len, TABLE_ALIGN), a->end);
	return at;
}

static u64 put_fadt(struct area *a, u64 dsdt, u64 facs)
{
	struct acpi_fadt f = {
		.facs = (u32)facs,
		.dsdt = (u32)dsdt,
		.sci_int = IRQ_SCI,
		.pm1a_evt = PORT_PM1_EVENT,
		.pm1a_cnt = PORT_PM1_CONTROL,
		.pm_tmr = PORT_PM_TIMER,
		.pm1_evt_len = 4,
		.pm1_cnt_len = 2,
		.pm_tmr_len = 4,
		.c2_latency = 0xffff, /* above 100: no C2 */
		.c3_latency = 0xffff, /* above 1000: no C3 */
		.century = 0x32,      /* CMOS byte, see platform/rtc.c */
		.boot_arch = BOOT_LEGACY_DEVICES | BOOT_NO_VGA | BOOT_NO_ASPM,
		.flags = FADT_WBINVD | FADT_PROC_C1 | FADT_SLP_BUTTON |
			 FADT_TMR_VAL_EXT | FADT_RESET_REG_SUP,
		.reset_reg = acpi_gas_port(PORT_RESET, 1),
		.reset_value = RESET_VALUE,
		.minor = ACPI_FADT_MINOR,
		.x_facs = facs,
		.x_dsdt = dsdt,
		.x_pm1a_evt = acpi_gas_port(PORT_PM1_EVENT, 4),
		.x_pm1a_cnt = acpi_gas_port(PORT_PM1_CONTROL, 2),
		.x_pm_tmr = acpi_gas_port(PORT_PM_TIMER, 4),
	};

	/* Event registers are a status and an enable word. */
	f.x_pm1a_evt.access = 2;
	acpi_header_init(&f.h, "FACP", ACPI_FADT_REVISION, sizeof(f));
	acpi_header_seal(&f.h);
	return area_put(a, &f, sizeof(f));
}

static u64 put_facs(struct area *a)
{
	struct acpi_facs f = { "FACS", sizeof(f), 0, 0, 0, 0, 0, 2, { 0 } };

	return area_put(a, &f, sizeof(f));
}

static u64 put_mcfg(struct area *a)
{
	struct acpi_mcfg m = {
		.base = PCI_ECAM_BASE,
		.last_bus = (u8)((PCI_ECAM_SIZE >> 20) - 1),
	};

	acpi_header_init(&m.h, "MCFG", 1, sizeof(m));
	acpi_header_seal(&m.h);
	return area_put(a, &m, sizeof(m));
}

static u64 put_madt(struct area *a, const struct acpi_config *cfg)
{
	u8 buf[MADT_MAX];

	return area_put(a, buf, acpi_build_madt(cfg, buf, sizeof(buf)));
}

static u64 put_dsdt(struct area *a, const struct acpi_config *cfg)
{
	struct aml aml;
	u64 at = 0;

	acpi_build_dsdt(cfg, &aml);
	if (aml.failed)
		a->rc = -ENOMEM;
	else
		at = area_put(a, aml.buf, aml.len);
	aml_free(&aml);
	return at;
}

static int put_rsdp(const struct guest_mem *mem, u64 at, u64 xsdt)
{
	struct acpi_rsdp r;

	acpi_rsdp_init(&r, xsdt);
	return guest_mem_write(mem, GPA(at), &r, sizeof(r));
}

int acpi_build(const struct guest_mem *mem, const struct acpi_config *cfg,
	       u64 *base, u64 end, gpa_t *rsdp)
{
	struct area a = { mem, *base, end, 0 };
	struct acpi_rsdp blank = { 0 };
	struct acpi_xsdt x = { 0 };
	u64 dsdt, root, xsdt;

	/* First, on a 16-byte boundary: where guests search for it. */
	root = area_put(&a, &blank, sizeof(blank));
	dsdt = put_dsdt(&a, cfg);
	x.entry[0] = put_fadt(&a, dsdt, put_facs(&a));
	x.entry[1] = put_madt(&a, cfg);
	x.entry[2] = put_mcfg(&a);
	acpi_header_init(&x.h, "XSDT", 1, sizeof(x));
	acpi_header_seal(&x.h);
	xsdt = area_put(&a, &x, sizeof(x));
	if (a.rc)
		return a.rc;
	*base = a.next;
	*rsdp = GPA(root);
	return put_rsdp(mem, root, xsdt);
}
