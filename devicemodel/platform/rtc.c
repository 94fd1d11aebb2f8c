/* SPDX-License-Identifier: BSD-2-Clause */
#include "platform/rtc.h"

#include <string.h>
#include <time.h>

/* MC146818A data sheet, figures 10 to 15. */
enum {
	RTC_SEC,
	RTC_SEC_ALARM,
	RTC_MIN,
	RTC_MIN_ALARM,
	RTC_HOUR,
	RTC_HOUR_ALARM,
	RTC_WEEKDAY,
	RTC_DAY,
	RTC_MONTH,
	RTC_YEAR,
	RTC_A,
	RTC_B,
	RTC_C,
	RTC_D,
};
#define CMOS_BASE_KIB  0x15 /* 0x15, 0x16 */
#define CMOS_EXT_KIB   0x17 /* 0x17, 0x18: above 1 MiB */
#define CMOS_EXT2_KIB  0x30 /* 0x30, 0x31: the same */
#define CMOS_CENTURY   0x32
#define CMOS_ABOVE_16M 0x34 /* 0x34, 0x35: 64 KiB units */
#define CMOS_ABOVE_4G  0x5b /* 0x5b..0x5d: 64 KiB units */

#define A_UIP      0x80
#define A_RATE     0x0f
#define A_POWER_ON 0x26 /* 32768 Hz, 1024 Hz */
#define B_SET      0x80
#define B_PIE      0x40
#define B_AIE      0x20
#define B_UIE      0x10
#define B_SQWE     0x08
#define B_BINARY   0x04
#define B_24H      0x02
#define C_IRQF     0x80
#define C_FLAGS    0x70 /* at the places of the enables in B */
#define C_PF       0x40
#define C_AF       0x20
#define C_UF       0x10
#define D_VALID    0x80
#define HOUR_PM    0x80
#define ALARM_ANY  0xc0 /* these bits set: any value matches */

#define NS_PER_S   1000000000ULL
#define UIP_NS     244000ULL /* set before an update */
#define CRYSTAL_HZ 32768ULL
#define DAY_S      86400ULL

static u64 rtc_now(const struct rtc *rtc)
{
	return rtc->ops.now(rtc->ops.arg) + rtc->offset;
}

static u8 rtc_encode(const struct rtc *rtc, int v)
{
	if (rtc->cmos[RTC_B] & B_BINARY)
		return (u8)v;
	return (u8)((v / 10) << 4 | v % 10);
}

static int rtc_decode(const struct rtc *rtc, u8 v)
{
	return rtc->cmos[RTC_B] & B_BINARY ? v : (v >> 4) * 10 + (v & 0xf);
}

static u8 hour_encode(const struct rtc *rtc, int hour)
{
	if (rtc->cmos[RTC_B] & B_24H)
		return rtc_encode(rtc, hour);
	return rtc_encode(rtc, (hour + 11) % 12 + 1) |
	       (hour >= 12 ? HOUR_PM : 0);
}

static int hour_decode(const struct rtc *rtc, u8 v)
{
	int hour;

	if (rtc->cmos[RTC_B] & B_24H)
		return rtc_decode(rtc, v);
	hour = rtc_decode(rtc, v & (HOUR_PM - 1)) % 12;
	return v & HOUR_PM ? hour + 12 : hour;
}

/* The ten time bytes and the century as a guest reads them. */
static void time_to_cmos(struct rtc *rtc, u64 ns)
{
	time_t t = (time_t)(ns / NS_PER_S);
	struct tm tm;

	if (!gmtime_r(&t, &tm))
		return;
	rtc->cmos[RTC_SEC] = rtc_encode(rtc, tm.tm_sec);
	rtc->cmos[RTC_MIN] = rtc_encode(rtc, tm.tm_min);
	rtc->cmos[RTC_HOUR] = hour_encode(rtc, tm.tm_hour);
	rtc->cmos[RTC_WEEKDAY] = rtc_encode(rtc, tm.tm_wday + 1);
	rtc->cmos[RTC_DAY] = rtc_encode(rtc, tm.tm_mday);
	rtc->cmos[RTC_MONTH] = rtc_encode(rtc, tm.tm_mon + 1);
	rtc->cmos[RTC_YEAR] = rtc_encode(rtc, tm.tm_year % 100);
	rtc->cmos[CMOS_CENTURY] =
		rtc_encode(rtc, (tm.tm_year + 1900) / 100 % 100);
}

/* Whatever bytes a guest wrote, timegm() makes some valid time of them. */
static u64 time_from_cmos(const struct rtc *rtc)
{
	const u8 *c = rtc->cmos;
	struct tm tm = {
		.tm_sec = rtc_decode(rtc, c[RTC_SEC]),
		.tm_min = rtc_decode(rtc, c[RTC_MIN]),
		.tm_hour = hour_decode(rtc, c[RTC_HOUR]),
		.tm_mday = rtc_decode(rtc, c[RTC_DAY]),
		.tm_mon = rtc_decode(rtc, c[RTC_MONTH]) - 1,
		.tm_year = rtc_decode(rtc, c[CMOS_CENTURY]) * 100 +
			   rtc_decode(rtc, c[RTC_YEAR]) - 1900,
	};

	return (u64)timegm(&tm) * NS_PER_S;
}

/* 0: no periodic interrupt. Rates 1 and 2 repeat 8 and 9 (32768 Hz base). */
static u64 period_ns(const struct rtc *rtc)
{
	u32 rate = rtc->cmos[RTC_A] & A_RATE;

	if (!rate)
		return 0;
	if (rate <= 2)
		rate += 7;
	return NS_PER_S * BIT64(rate - 1) / CRYSTAL_HZ;
}

static bool alarm_byte_matches(u8 alarm, int want, int now)
{
	return (alarm & ALARM_ANY) == ALARM_ANY || want == now;
}

static bool alarm_matches(const struct rtc *rtc, u64 second)
{
	const u8 *c = rtc->cmos;
	int s = (int)(second % DAY_S);

	return alarm_byte_matches(c[RTC_SEC_ALARM],
				  rtc_decode(rtc, c[RTC_SEC_ALARM]), s % 60) &&
	       alarm_byte_matches(c[RTC_MIN_ALARM],
				  rtc_decode(rtc, c[RTC_MIN_ALARM]),
				  s / 60 % 60) &&
	       alarm_byte_matches(c[RTC_HOUR_ALARM],
				  hour_decode(rtc, c[RTC_HOUR_ALARM]),
				  s / 3600);
}

/* The first second in (after, until] with an alarm, or 0. */
static u64 alarm_next(const struct rtc *rtc, u64 after, u64 until)
{
	u64 s;

	/* Alarms repeat every day: one day decides. */
	until = min_u64(until, after + DAY_S);
	for (s = after + 1; s <= until; s++)
		if (alarm_matches(rtc, s))
			return s;
	return 0;
}

/* Set the flags of what happened since the last look. */
static void rtc_catch_up(struct rtc *rtc)
{
	u64 now = rtc_now(rtc), period = period_ns(rtc);
	u64 before = rtc->seen / NS_PER_S, second = now / NS_PER_S;
	u8 *c = &rtc->cmos[RTC_C];

	if (period && now / period != rtc->seen / period)
		*c |= C_PF;
	if (second > before && !(rtc->cmos[RTC_B] & B_SET)) {
		*c |= C_UF;
		if (!(*c & C_AF) && alarm_next(rtc, before, second))
			*c |= C_AF;
	}
	rtc->seen = now;
	if (*c & rtc->cmos[RTC_B] & C_FLAGS)
		*c |= C_IRQF;
}

static u64 next_event(const struct rtc *rtc)
{
	u8 wanted = rtc->cmos[RTC_B] & C_FLAGS;
	u64 now = rtc->seen, period = period_ns(rtc), next = 0, alarm;

	if ((wanted & B_PIE) && period)
		next = (now / period + 1) * period;
	if (rtc->cmos[RTC_B] & B_SET)
		return next;
	alarm = 0;
	if (wanted & B_UIE)
		alarm = now / NS_PER_S + 1;
	else if (wanted & B_AIE)
		alarm = alarm_next(rtc, now / NS_PER_S, now / NS_PER_S + DAY_S);
	alarm *= NS_PER_S;
	if (alarm && (!next || alarm < next))
		next = alarm;
	return next;
}

/* Bring line and timer in step with the registers. */
static void rtc_update(struct rtc *rtc)
{
	bool level = rtc->cmos[RTC_C] & C_IRQF;
	u64 next = level ? 0 : next_event(rtc);

	if (level != rtc->irq_level) {
		rtc->irq_level = level;
		rtc->ops.irq(rtc->ops.arg, level);
	}
	rtc->ops.arm(rtc->ops.arg, next ? next - rtc->seen : 0);
}

static bool is_time(u8 index)
{
	return index == CMOS_CENTURY || index == RTC_SEC || index == RTC_MIN ||
	       index == RTC_HOUR || (index >= RTC_WEEKDAY && index <= RTC_YEAR);
}

static void set_guest_time(struct rtc *rtc, u64 ns)
{
	rtc->offset += ns - rtc_now(rtc);
	rtc->seen = rtc_now(rtc);
}

static u8 read_a(const struct rtc *rtc)
{
	u64 fraction = rtc_now(rtc) % NS_PER_S;
	bool uip = fraction >= NS_PER_S - UIP_NS && !(rtc->cmos[RTC_B] & B_SET);

	return rtc->cmos[RTC_A] | (uip ? A_UIP : 0);
}

static u8 read_data(struct rtc *rtc)
{
	u8 index = rtc->index, val;

	switch (index) {
	case RTC_A:
		return read_a(rtc);
	case RTC_C:
		rtc_catch_up(rtc);
		val = rtc->cmos[RTC_C];
		rtc->cmos[RTC_C] = 0;
		rtc_update(rtc);
		return val;
	case RTC_D:
		return D_VALID;
	default:
		break;
	}
	if (is_time(index) && !(rtc->cmos[RTC_B] & B_SET))
		time_to_cmos(rtc, rtc_now(rtc));
	return rtc->cmos[index];
}

static void write_b(struct rtc *rtc, u8 val)
{
	u8 before = rtc->cmos[RTC_B];

	rtc_catch_up(rtc);
	if (~before & val & B_SET)
		time_to_cmos(rtc, rtc_now(rtc));
	/* Setting the clock ends the updates' interrupt (data sheet). */
	if (val & B_SET)
		val &= (u8)~B_UIE;
	rtc->cmos[RTC_B] = val;
	if (before & ~val & B_SET)
		set_guest_time(rtc, time_from_cmos(rtc));
	if (rtc->cmos[RTC_C] & val & C_FLAGS)
		rtc->cmos[RTC_C] |= C_IRQF;
	rtc_update(rtc);
}

static void write_time(struct rtc *rtc, u8 val)
{
	u64 fraction;

	if (rtc->cmos[RTC_B] & B_SET) {
		rtc->cmos[rtc->index] = val;
		return;
	}
	rtc_catch_up(rtc);
	fraction = rtc->seen % NS_PER_S;
	time_to_cmos(rtc, rtc->seen);
	rtc->cmos[rtc->index] = val;
	set_guest_time(rtc, time_from_cmos(rtc) + fraction);
	rtc_update(rtc);
}

static void write_data(struct rtc *rtc, u8 val)
{
	u8 index = rtc->index;

	if (index == RTC_C || index == RTC_D)
		return;
	if (index == RTC_B) {
		write_b(rtc, val);
	} else if (is_time(index)) {
		write_time(rtc, val);
	} else {
		rtc_catch_up(rtc);
		rtc->cmos[index] = index == RTC_A ? val & (A_UIP - 1) : val;
		rtc_update(rtc);
	}
}

u64 rtc_read(struct rtc *rtc, u64 reg, u32 size)
{
	u8 val;

	if (size != 1)
		return size_mask(size);
	pthread_mutex_lock(&rtc->lock);
	val = reg ? read_data(rtc) : rtc->index;
	pthread_mutex_unlock(&rtc->lock);
	return val;
}

void rtc_write(struct rtc *rtc, u64 reg, u32 size, u64 val)
{
	if (size != 1)
		return;
	pthread_mutex_lock(&rtc->lock);
	if (reg)
		write_data(rtc, (u8)val);
	else
		rtc->index = val & 0x7f; /* bit 7 masks NMI */
	pthread_mutex_unlock(&rtc->lock);
}

void rtc_expire(struct rtc *rtc)
{
	pthread_mutex_lock(&rtc->lock);
	rtc_catch_up(rtc);
	rtc_update(rtc);
	pthread_mutex_unlock(&rtc->lock);
}

static void put_le(u8 *p, u64 v, u32 bytes)
{
	while (bytes--) {
		*p++ = (u8)v;
		v >>= 8;
	}
}

void rtc_init(struct rtc *rtc, const struct rtc_ops *ops, u64 low, u64 high)
{
	u64 ext_kib = min_u64((low - MIB) / KIB, 0xffff);
	u64 above_16m = low > 16 * MIB ? (low - 16 * MIB) / (64 * KIB) : 0;

	memset(rtc, 0, sizeof(*rtc));
	pthread_mutex_init(&rtc->lock, NULL);
	rtc->ops = *ops;
	rtc->cmos[RTC_A] = A_POWER_ON;
	rtc->cmos[RTC_B] = B_24H;
	put_le(&rtc->cmos[CMOS_BASE_KIB], 640, 2);
	put_le(&rtc->cmos[CMOS_EXT_KIB], ext_kib, 2);
	put_le(&rtc->cmos[CMOS_EXT2_KIB], ext_kib, 2);
	put_le(&rtc->cmos[CMOS_ABOVE_16M], min_u64(above_16m, 0xffff), 2);
	put_le(&rtc->cmos[CMOS_ABOVE_4G], high / (64 * KIB), 3);
	rtc->seen = rtc_now(rtc);
}

void rtc_destroy(struct rtc *rtc)
{
	pthread_mutex_destroy(&rtc->lock);
}

void rtc_reset(struct rtc *rtc)
{
	pthread_mutex_lock(&rtc->lock);
	rtc->cmos[RTC_B] &= (u8) ~(B_PIE | B_AIE | B_UIE | B_SQWE);
	rtc->cmos[RTC_C] = 0;
	rtc_update(rtc);
	pthread_mutex_unlock(&rtc->lock);
}
