/* SPDX-License-Identifier: BSD-2-Clause */
/* ACPI tables in memory, whoever they are for. */
#ifndef ACPI_TABLE_H
#define ACPI_TABLE_H

#include "core/types.h"

/* ACPI 6.4, table 5.4: every table but RSDP and FACS starts so. */
struct acpi_header {
	char signature[4];
	u32 length;
	u8 revision;
	u8 checksum;
	char oem_id[6];
	char oem_table_id[8];
	u32 oem_revision;
	char creator_id[4];
	u32 creator_revision;
} __attribute__((packed));
static_assert(sizeof(struct acpi_header) == 36, "ACPI 6.4, table 5.4");

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

/* FADT, flags: ACPI 6.5, table 5.10. */
#define FADT_WBINVD  BIT(0)
#define FADT_PROC_C1 BIT(2)
/* Bit 4 clear: there is a fixed power button. */
#define FADT_PWR_BUTTON    BIT(4)
#define FADT_SLP_BUTTON    BIT(5) /* no fixed sleep button */
#define FADT_TMR_VAL_EXT   BIT(8)
#define FADT_RESET_REG_SUP BIT(10)
#define FADT_HW_REDUCED    BIT(20)

/* FADT, IAPC_BOOT_ARCH: table 5.11. No 8042: port 64h only resets. */
#define BOOT_LEGACY_DEVICES BIT(0)
#define BOOT_NO_VGA         BIT(2)
#define BOOT_NO_MSI         BIT(3)
#define BOOT_NO_ASPM        BIT(4)
#define BOOT_NO_RTC         BIT(5)

#define ACPI_FADT_REVISION 6
#define ACPI_FADT_MINOR    4

void acpi_header_init(struct acpi_header *h, const char *signature, u8 revision,
		      u32 length);

/** Set the checksum of a whole table so that its bytes add up to 0. */
void acpi_header_seal(struct acpi_header *h);

/** The byte that makes the sum of len bytes at p zero. */
u8 acpi_checksum(const void *p, size_t len);

/** A register of 1, 2 or 4 bytes at a port. */
struct acpi_gas acpi_gas_port(u16 port, u8 bytes);

/** The root pointer, sealed. */
void acpi_rsdp_init(struct acpi_rsdp *r, u64 xsdt);

#endif
