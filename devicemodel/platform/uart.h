/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A 16550A serial port (National Semiconductor PC16550D data sheet) with its
 * console behind it. Baud rate and frame format are stored, not simulated:
 * bytes move as fast as both ends allow.
 *
 * The lock covers the registers: the thread that serves I/O requests and the
 * event loop's both come here. It is held while the interrupt line changes,
 * so that the line always ends up as the registers say.
 */
#ifndef PLATFORM_UART_H
#define PLATFORM_UART_H

#include "core/types.h"

#include <pthread.h>

#define UART_FIFO  16
#define UART_PORTS 8

struct uart_ops {
	/** Take a byte; false: not now, uart_drained() will follow. */
	bool (*put)(void *arg, u8 byte);
	/** uart_room() became larger than 0. */
	void (*resume)(void *arg);
	void (*irq)(void *arg, bool level);
	void *arg;
};

struct uart_fifo {
	u8 data[UART_FIFO];
	u32 first;
	u32 count;
};

struct uart {
	pthread_mutex_t lock;
	struct uart_ops ops;
	struct uart_fifo rx;
	struct uart_fifo tx; /* only what the console refused */
	u8 ier;
	u8 fcr;
	u8 lcr;
	u8 mcr;
	u8 lsr_errors; /* overrun and the like, until read */
	u8 msr_deltas;
	u8 scr;
	u8 dll;
	u8 dlm;
	bool thre_pending; /* transmitter emptied, not yet reported */
	bool irq_level;
};

void uart_init(struct uart *u, const struct uart_ops *ops);
void uart_destroy(struct uart *u);

/** Back to power-on state; the interrupt line goes low. */
void uart_reset(struct uart *u);

/** Byte accesses to registers 0..7; wider ones read and write nothing. */
u64 uart_read(struct uart *u, u64 reg, u32 size);
void uart_write(struct uart *u, u64 reg, u32 size, u64 val);

/** The console's side: how many bytes fit, bytes that came, room for more. */
size_t uart_room(struct uart *u);
void uart_receive(struct uart *u, const u8 *bytes, size_t n);
void uart_drained(struct uart *u);

#endif
