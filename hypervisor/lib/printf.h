/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Formatted text: %c %s %d %i %u %x %X %p %% with flags '-' and '0', width,
 * precision for strings, and the lengths l, ll and z.
 */
#ifndef LIB_PRINTF_H
#define LIB_PRINTF_H

#include <stdarg.h>

#include "lib/types.h"

/**
 * Format into @buf of @size bytes, always terminated if @size > 0. Returns
 * the length the whole text has, which may exceed what fitted.
 */
u32 fmt_vprint(char *buf, u32 size, const char *fmt, va_list ap) __printf(3, 0);
u32 fmt_print(char *buf, u32 size, const char *fmt, ...) __printf(3, 4);

#endif
