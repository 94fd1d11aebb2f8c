/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/log.h"

#include <stdarg.h>

#include "arch/x86/halt.h"
#include "arch/x86/uart.h"
#include "core/console.h"
#include "core/spinlock.h"
#include "core/trace.h"
#include "lib/printf.h"
#include "lib/string.h"

#define LOG_SIZE 32768U
#define LOG_LINE 240U

static struct {
	struct spinlock lock;
	u64 written;        /* bytes ever; the ring holds the last ones */
	u32 console_levels; /* bit per level that also goes to the UART */
	char ring[LOG_SIZE];
} log = { .console_levels = ~0U };

static const char *const level_name[] = {
	[LOG_ERROR] = "ERROR ",
	[LOG_WARN] = "warning: ",
	[LOG_INFO] = "",
	[LOG_GUEST] = "guest: ",
};

void console_set_levels(u32 levels)
{
	log.console_levels = levels;
}

static void emit(const char *s, bool console)
{
	for (; *s; s++) {
		log.ring[log.written++ % LOG_SIZE] = *s;
		if (!console)
			continue;
		if (*s == '\n')
			uart_putc('\r');
		uart_putc(*s);
	}
}

void log_print(enum log_level level, const char *fmt, ...)
{
	char line[LOG_LINE];
	bool console = log.console_levels & BIT32(level);
	va_list ap;

	va_start(ap, fmt);
	fmt_vprint(line, sizeof(line), fmt, ap);
	va_end(ap);
	spin_lock(&log.lock);
	emit("Holm: ", console);
	emit(level_name[level], console);
	emit(line, console);
	emit("\n", console);
	spin_unlock(&log.lock);
}

u32 log_read(char *buf, u32 len, u64 skip)
{
	u64 first, n = 0;

	spin_lock(&log.lock);
	first = log.written > LOG_SIZE ? log.written - LOG_SIZE : 0;
	for (u64 i = MAX(first, skip); i < log.written && n < len; i++)
		buf[n++] = log.ring[i % LOG_SIZE];
	spin_unlock(&log.lock);
	return (u32)n;
}

static void emit_line(const char *line)
{
	emit("Holm: ", true);
	emit(line, true);
	emit("\n", true);
}

void panic(const char *fmt, ...)
{
	char line[LOG_LINE];
	va_list ap;

	va_start(ap, fmt);
	fmt_vprint(line, sizeof(line), fmt, ap);
	va_end(ap);
	/* No lock: whoever holds it may be the one that failed. */
	emit("\nHolm: ERROR stopped: ", true);
	emit(line, true);
	emit("\n", true);
	trace_dump(emit_line);
	arch_halt_forever();
}
