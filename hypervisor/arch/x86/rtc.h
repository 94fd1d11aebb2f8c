/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine's clock of the day, read once before a guest owns it. */
#ifndef ARCH_X86_RTC_H
#define ARCH_X86_RTC_H

#include "lib/types.h"

/** Seconds since 1970-01-01 UTC, taking the RTC to run in UTC. */
u64 rtc_read(void);

#endif
