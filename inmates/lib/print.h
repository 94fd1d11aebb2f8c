/* SPDX-License-Identifier: BSD-2-Clause */
/* Text for whoever watches: the region's console, and a UART if opened. */
#ifndef LIB_PRINT_H
#define LIB_PRINT_H

#include "lib/printf.h"
#include "lib/string.h"
#include "lib/types.h"

/** As lib/printf.h has it, at most 255 bytes; from any CPU, any time. */
void print(const char *fmt, ...) __printf(1, 2);

/** Also written to, byte by byte; NULL: nowhere else. */
void print_also(void (*put)(char c));

#endif
