/* SPDX-License-Identifier: BSD-2-Clause */
#include "acpi/acpi.h"

#include "mem/layout.h"
#include "platform/reset.h"

#include <errno.h>
#include <string.h>

#define FADT_REVISION 6
#define FADT_MINOR    4
#define TABLE_ALIGN   64 /* FACS needs 64, the others 8 */
#define MADT_MAX      1024

/* FADT flags, ACPI 6.4, table 5.10. */
#define FADT_WBINVD  BIT(0)
#define FADT_PROC_C1 BIT(2)
/* Bit 4 clear: there is a fixed power button. */
#define FADT_SLP_BUTTON    BIT(5) /* no fixed sleep button */
#define FADT_TMR_VAL_EXT   BIT(8)
#define FADT_RESET_REG_SUP BIT(10)

/* IAPC_BOOT_ARCH, ACPI 6.4, table 5.11. No 8042: port 64h only resets. */
#define BOOT_LEGACY_DEVICES BIT(0)
#define BOOT_NO_VGA         BIT(2)
#define BOOT_NO_ASPM        BIT(4)

struct acpi_gas {
	u8 space;
	u8 bits;
	u8 offset;
	u8 access;
	u64 addr;
} __attribute__((packed));
static_assert(sizeof(struct acpi_gas) == 12, "ACPI 6.4, table 5.1");

struct acpi_rsdp {
	char signature[8];
	u8 checksum;
	char oem_id[6];
	u8 revision;
	u32 rsdt;
	u32 length;
	u64 xsdt;
	u8 ext_checksum;
	u8 reserved[3];
} __attribute__((packed));
static_assert(sizeof(struct acpi_rsdp) == 36, "ACPI 6.4, table 5.3");
#define RSDP_V1_LENGTH 20

struct acpi_fadt {
	struct acpi_header h;
	u32 facs;
	u32 dsdt;
	u8 reserved0;
	u8 pm_profile;
	u16 sci_int;
	u32 smi_cmd;
	u8 acpi_enable;
	u8 acpi_disable;
	u8 s4bios_req;
	u8 pstate_cnt;
	u32 pm1a_evt;
	u32 pm1b_evt;
	u32 pm1a_cnt;
	u32 pm1b_cnt;
	u32 pm2_cnt;
	u32 pm_tmr;
	u32 gpe0;
	u32 gpe1;
	u8 pm1_evt_len;
	u8 pm1_cnt_len;
	u8 pm2_cnt_len;
	u8 pm_tmr_len;
	u8 gpe0_len;
	u8 gpe1_len;
	u8 gpe1_base;
	u8 cst_cnt;
	u16 c2_latency;
	u16 c3_latency;
	u16 flush_size;
	u16 flush_stride;
	u8 duty_offset;
	u8 duty_width;
	u8 day_alarm;
	u8 month_alarm;
	u8 century;
	u16 boot_arch;
	u8 reserved1;
	u32 flags;
	struct acpi_gas reset_reg;
	u8 reset_value;
	u16 arm_boot_arch;
	u8 minor;
	u64 x_facs;
	u64 x_dsdt;
	struct acpi_gas x_pm1a_evt;
	struct acpi_gas x_pm1b_evt;
	struct acpi_gas x_pm1a_cnt;
	struct acpi_gas x_pm1b_cnt;
	struct acpi_gas x_pm2_cnt;
	struct acpi_gas x_pm_tmr;
	struct acpi_gas x_gpe0;
	struct acpi_gas x_gpe1;
	struct acpi_gas sleep_cnt;
	struct acpi_gas sleep_sts;
	u64 hypervisor_id;
} __attribute__((packed));
static_assert(sizeof(struct acpi_fadt) == 276, "ACPI 6.4, table 5.9");
static_assert(offsetof(struct acpi_fadt, flags) == 112, "table 5.9");
static_assert(offsetof(struct acpi_fadt, x_pm_tmr) == 208, "table 5.9");

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

static struct acpi_gas gas_port(u16 port, u8 bytes)
{
	/* Access size is coded: 1 byte, 2 word, 3 dword. */
	return (struct acpi_gas){ 1, (u8)(bytes * 8), 0,
				  (u8)(bytes == 4 ? 3 : bytes), port };
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
		.reset_reg = gas_port(PORT_RESET, 1),
		.reset_value = RESET_VALUE,
		.minor = FADT_MINOR,
		.x_facs = facs,
		.x_dsdt = dsdt,
		.x_pm1a_evt = gas_port(PORT_PM1_EVENT, 4),
		.x_pm1a_cnt = gas_port(PORT_PM1_CONTROL, 2),
		.x_pm_tmr = gas_port(PORT_PM_TIMER, 4),
	};

	/* Event registers are a status and an enable word. */
	f.x_pm1a_evt.access = 2;
	acpi_header_init(&f.h, "FACP", FADT_REVISION, sizeof(f));
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
	struct acpi_rsdp r = {
		.revision = 2,
		.length = sizeof(r),
		.xsdt = xsdt,
	};

	memcpy(r.signature, "RSD PTR ", 8);
	memcpy(r.oem_id, "HOLM  ", 6);
	r.checksum = acpi_checksum(&r, RSDP_V1_LENGTH);
	r.ext_checksum = acpi_checksum(&r, sizeof(r));
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
