/* SPDX-License-Identifier: BSD-2-Clause */
/* A 16550 that is the cell's. Written to by polling, read by interrupt. */
#ifndef LIB_UART_H
#define LIB_UART_H

#include "lib/types.h"

/** 115200 baud, 8N1, FIFOs on. False if there is none at @port. */
bool uart_init(u16 port);

/** On the UART that was found; '\n' as CR LF. Waits at most milliseconds. */
void uart_put(char c);

/** The next byte that has come, or -1. */
int uart_get(void);

/** Ask for an interrupt when a byte comes. */
void uart_want_irq(void);

#endif
