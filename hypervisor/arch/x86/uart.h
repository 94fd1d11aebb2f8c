/* SPDX-License-Identifier: BSD-2-Clause */
/* A 16550 at a port, transmit only: Holm's own voice. */
#ifndef ARCH_X86_UART_H
#define ARCH_X86_UART_H

#include "lib/types.h"

/** Use the UART at @port; 115200 8N1 unless the firmware has set it up. */
void uart_init(u16 port);

/** Send one character, waiting for room; a dead UART is waited for briefly. */
void uart_putc(char c);

#endif
