/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The MC146818A real-time clock and its CMOS RAM, ports 70h and 71h.
 *
 * Time is the host's plus an offset: a guest that sets its clock changes the
 * offset, never the host. Flags come about when someone looks; a timer runs
 * only while an interrupt is enabled and not yet reported, so that a guest
 * cannot make the host busy faster than it serves its own interrupts.
 */
#ifndef PLATFORM_RTC_H
#define PLATFORM_RTC_H

#include "core/types.h"

#include <pthread.h>

struct rtc_ops {
	/** Host's wall clock, nanoseconds since 1970 (UTC). */
	u64 (*now)(void *arg);
	/** Call rtc_expire() in ns nanoseconds; 0: no more. */
	void (*arm)(void *arg, u64 ns);
	void (*irq)(void *arg, bool level);
	void *arg;
};

struct rtc {
	pthread_mutex_t lock;
	struct rtc_ops ops;
	u8 index;
	u8 cmos[128]; /* time bytes only while it is stopped */
	u64 offset;   /* guest = host + offset, modulo 2^64 */
	u64 seen;     /* guest time up to which flags are right */
	bool irq_level;
};

/** low and high: bytes of RAM below and above 4 GiB, for the CMOS. */
void rtc_init(struct rtc *rtc, const struct rtc_ops *ops, u64 low, u64 high);
void rtc_destroy(struct rtc *rtc);

/** The reset pin: interrupts off, time and RAM stay. */
void rtc_reset(struct rtc *rtc);

/** Register 0 is the index port, 1 the data port; bytes only. */
u64 rtc_read(struct rtc *rtc, u64 reg, u32 size);
void rtc_write(struct rtc *rtc, u64 reg, u32 size, u64 val);

/** What arm() asked for is due. */
void rtc_expire(struct rtc *rtc);

#endif
