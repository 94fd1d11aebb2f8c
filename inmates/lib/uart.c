/* SPDX-License-Identifier: BSD-2-Clause */
/* National Semiconductor PC16550D, data sheet of 1995. */
#include "lib/uart.h"

#include "lib/cpu.h"

#define DATA          0
#define IER           1
#define FCR           2
#define LCR           3
#define MCR           4
#define LSR           5
#define SCRATCH       7
#define IER_RECEIVED  0x01
#define FCR_ON        0x07 /* enabled, both emptied */
#define LCR_8N1       0x03
#define LCR_DIVISOR   0x80
#define MCR_READY_IRQ 0x0b /* DTR, RTS, OUT2, which lets interrupts out */
#define LSR_RECEIVED  0x01
#define LSR_EMPTY     0x20
#define PATIENCE      100000

static u16 base;

static u8 reg_read(u32 reg)
{
	return x86_inb((u16)(base + reg));
}

static void reg_write(u32 reg, u8 v)
{
	x86_outb((u16)(base + reg), v);
}

bool uart_init(u16 port)
{
	base = port;
	reg_write(SCRATCH, 0x5a);
	if (reg_read(SCRATCH) != 0x5a)
		return false;
	reg_write(IER, 0);
	reg_write(LCR, LCR_DIVISOR);
	reg_write(DATA, 1);
	reg_write(IER, 0);
	reg_write(LCR, LCR_8N1);
	reg_write(FCR, FCR_ON);
	reg_write(MCR, MCR_READY_IRQ);
	return true;
}

static void put(u8 c)
{
	for (u32 i = 0; i < PATIENCE && !(reg_read(LSR) & LSR_EMPTY); i++)
		x86_pause();
	reg_write(DATA, c);
}

void uart_put(char c)
{
	if (c == '\n')
		put('\r');
	put((u8)c);
}

int uart_get(void)
{
	return reg_read(LSR) & LSR_RECEIVED ? reg_read(DATA) : -1;
}

void uart_want_irq(void)
{
	reg_write(IER, IER_RECEIVED);
}
