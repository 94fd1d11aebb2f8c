/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The log: a ring in Holm's memory that HC_HOLM_QUERY reads, copied to the
 * serial console while that is ours. Levels say who is at fault:
 *
 * ERROR  a bug of Holm's; nothing that a guest does may cause one
 * WARN   the machine or its operator did what Holm cannot use
 * INFO   milestones
 * GUEST  a guest did something refused; rate-limited by the caller
 */
#ifndef CORE_LOG_H
#define CORE_LOG_H

#include "lib/types.h"

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_GUEST };

void log_print(enum log_level level, const char *fmt, ...) __printf(2, 3);

#define log_error(...) log_print(LOG_ERROR, __VA_ARGS__)
#define log_warn(...)  log_print(LOG_WARN, __VA_ARGS__)
#define log_info(...)  log_print(LOG_INFO, __VA_ARGS__)
#define log_guest(...) log_print(LOG_GUEST, __VA_ARGS__)

/** Copy at most @len bytes of the log from byte @skip on; bytes copied. */
u32 log_read(char *buf, u32 len, u64 skip);

/** A condition that only a bug of Holm's can break: says so and stops. */
void panic(const char *fmt, ...) __printf(1, 2) __noreturn;

#define CHECK(cond)                                                    \
	do {                                                           \
		if (unlikely(!(cond)))                                 \
			panic("%s:%d: %s", __FILE__, __LINE__, #cond); \
	} while (0)

#endif
