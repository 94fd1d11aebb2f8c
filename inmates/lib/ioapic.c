/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/ioapic.h"

#include "lib/cpu.h"
#include "lib/lapic.h"

#define PAGE      0xfec00000U
#define SELECT    0x00
#define WINDOW    0x10
#define VERSION   0x01
#define ENTRY(n)  (0x10 + 2 * (n))
#define MASKED    BIT32(16)
#define DEST_HIGH 24

static u32 reg_read(u32 reg)
{
	write32(PAGE + SELECT, reg);
	return read32(PAGE + WINDOW);
}

static void reg_write(u32 reg, u32 v)
{
	write32(PAGE + SELECT, reg);
	write32(PAGE + WINDOW, v);
}

u32 ioapic_pins(void)
{
	return (reg_read(VERSION) >> 16 & 0xff) + 1;
}

u32 ioapic_entry(u32 gsi)
{
	return reg_read(ENTRY(gsi));
}

void ioapic_mask(u32 gsi)
{
	reg_write(ENTRY(gsi), MASKED);
}

void ioapic_route(u32 gsi, u32 vector, u32 flags)
{
	ioapic_mask(gsi);
	reg_write(ENTRY(gsi) + 1, lapic_id() << DEST_HIGH);
	reg_write(ENTRY(gsi), flags | vector);
}
