/* SPDX-License-Identifier: BSD-2-Clause */
/* Which log levels also go to the serial console. */
#ifndef CORE_CONSOLE_H
#define CORE_CONSOLE_H

#include "core/log.h"

/** Bit n: level n is printed; the ring keeps every level. */
void console_set_levels(u32 levels);

#endif
