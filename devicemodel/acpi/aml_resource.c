/* SPDX-License-Identifier: BSD-2-Clause */
/* Resource descriptors, ACPI 6.4, chapter 6.4. */
#include "acpi/aml.h"

struct res_io {
	u8 tag;
	u8 info;
	u16 min;
	u16 max;
	u8 align;
	u8 len;
} __attribute__((packed));
static_assert(sizeof(struct res_io) == 8, "ACPI 6.4, table 6.36");

struct res_gsi {
	u8 tag;
	u16 size;
	u8 flags;
	u8 count;
	u32 gsi;
} __attribute__((packed));
static_assert(sizeof(struct res_gsi) == 9, "ACPI 6.4, table 6.56");

struct res_mem32 {
	u8 tag;
	u16 size;
	u8 info;
	u32 base;
	u32 len;
} __attribute__((packed));
static_assert(sizeof(struct res_mem32) == 12, "ACPI 6.4, table 6.43");

struct res_window16 {
	u8 tag;
	u16 size;
	u8 type;
	u8 flags;
	u8 specific;
	u16 granularity;
	u16 min;
	u16 max;
	u16 translation;
	u16 len;
} __attribute__((packed));
static_assert(sizeof(struct res_window16) == 16, "ACPI 6.4, table 6.50");

struct res_window64 {
	u8 tag;
	u16 size;
	u8 type;
	u8 flags;
	u8 specific;
	u64 granularity;
	u64 min;
	u64 max;
	u64 translation;
	u64 len;
} __attribute__((packed));
static_assert(sizeof(struct res_window64) == 46, "ACPI 6.4, table 6.46");

#define TAG_IO           0x47
#define TAG_IRQ          0x22 /* edge, active high, exclusive */
#define TAG_MEM32        0x86
#define TAG_WORD_WINDOW  0x88
#define TAG_GSI          0x89
#define TAG_QWORD_WINDOW 0x8a

#define WINDOW_MEMORY       0
#define WINDOW_IO           1
#define WINDOW_BUS          2
#define WINDOW_FIXED        0x0c /* both ends fixed, producer */
#define SPECIFIC_READ_WRITE 0x01
#define SPECIFIC_ENTIRE_IO  0x03
#define GSI_CONSUMER        0x01
#define GSI_SHARED          0x08

void aml_res_io(struct aml *aml, u16 base, u8 len)
{
	struct res_io r = { TAG_IO, 1, base, base, 1, len };

	aml_bytes(aml, &r, sizeof(r));
}

void aml_res_irq(struct aml *aml, u32 irq)
{
	u8 r[3] = { TAG_IRQ, (u8)BIT(irq), (u8)(BIT(irq) >> 8) };

	aml_bytes(aml, r, sizeof(r));
}

void aml_res_gsi(struct aml *aml, u32 gsi)
{
	struct res_gsi r = {
		.tag = TAG_GSI,
		.size = sizeof(r) - 3,
		.flags = GSI_CONSUMER | GSI_SHARED,
		.count = 1,
		.gsi = gsi,
	};

	aml_bytes(aml, &r, sizeof(r));
}

void aml_res_mem32(struct aml *aml, u32 base, u32 len)
{
	struct res_mem32 r = {
		.tag = TAG_MEM32,
		.size = sizeof(r) - 3,
		.info = SPECIFIC_READ_WRITE,
		.base = base,
		.len = len,
	};

	aml_bytes(aml, &r, sizeof(r));
}

static void res_window16(struct aml *aml, u8 type, u8 specific, u16 first,
			 u16 last)
{
	struct res_window16 r = {
		.tag = TAG_WORD_WINDOW,
		.size = sizeof(r) - 3,
		.type = type,
		.flags = WINDOW_FIXED,
		.specific = specific,
		.min = first,
		.max = last,
		.len = (u16)(last - first + 1),
	};

	aml_bytes(aml, &r, sizeof(r));
}

void aml_res_bus_window(struct aml *aml, u16 first, u16 last)
{
	res_window16(aml, WINDOW_BUS, 0, first, last);
}

void aml_res_io_window(struct aml *aml, u16 first, u16 last)
{
	res_window16(aml, WINDOW_IO, SPECIFIC_ENTIRE_IO, first, last);
}

void aml_res_mem_window(struct aml *aml, u64 first, u64 last)
{
	struct res_window64 r = {
		.tag = TAG_QWORD_WINDOW,
		.size = sizeof(r) - 3,
		.type = WINDOW_MEMORY,
		.flags = WINDOW_FIXED,
		.specific = SPECIFIC_READ_WRITE,
		.min = first,
		.max = last,
		.len = last - first + 1,
	};

	aml_bytes(aml, &r, sizeof(r));
}
