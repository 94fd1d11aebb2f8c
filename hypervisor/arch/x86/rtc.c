/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/x86/rtc.h"

#include "arch/x86/asm.h"

/* MC146818A, table 3. */
#define RTC_INDEX  0x70
#define RTC_DATA   0x71
#define REG_A      0x0a
#define REG_B      0x0b
#define A_UPDATING 0x80
#define B_BINARY   0x04
#define B_24H      0x02
#define HOUR_PM    0x80
#define PATIENCE   1000000

enum field { SEC, MIN_, HOUR, DAY, MONTH, YEAR, FIELDS };

static const u8 field_reg[FIELDS] = { 0x00, 0x02, 0x04, 0x07, 0x08, 0x09 };

static u8 reg_read(u8 reg)
{
	x86_outb(RTC_INDEX, reg);
	return x86_inb(RTC_DATA);
}

static u32 from_bcd(u32 v)
{
	return (v >> 4) * 10 + (v & 15);
}

/* Days since 1970-01-01 of a date in the Gregorian calendar. */
static u64 days_of(u32 year, u32 month, u32 day)
{
	/* Counted from 1 March, so that the leap day comes last. */
	u64 y = month <= 2 ? year - 1 : year;
	u64 m = month <= 2 ? month + 9 : month - 3;

	return y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day -
	       1 - 719468;
}

u64 rtc_read(void)
{
	u32 v[FIELDS];
	u8 b = reg_read(REG_B);
	bool pm;

	for (u32 i = 0; i < PATIENCE && (reg_read(REG_A) & A_UPDATING); i++)
		x86_pause();
	for (u32 i = 0; i < FIELDS; i++)
		v[i] = reg_read(field_reg[i]);
	pm = !(b & B_24H) && (v[HOUR] & HOUR_PM);
	if (!(b & B_24H))
		v[HOUR] &= ~(u32)HOUR_PM;
	for (u32 i = 0; i < FIELDS && !(b & B_BINARY); i++)
		v[i] = from_bcd(v[i]);
	if (!(b & B_24H))
		v[HOUR] = v[HOUR] % 12 + (pm ? 12 : 0);
	return ((days_of(2000 + v[YEAR], v[MONTH], v[DAY]) * 24 + v[HOUR]) *
			60 +
		v[MIN_]) *
		       60 +
	       v[SEC];
}
