/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/x86/uart.h"

#include "arch/x86/asm.h"

/* Register offsets and bits: 16550D data sheet, table II. */
#define UART_THR      0
#define UART_IER      1
#define UART_LCR      3
#define UART_MCR      4
#define UART_LSR      5
#define LCR_8N1       0x03
#define LCR_DLAB      0x80
#define LSR_THRE      0x20
#define UART_PATIENCE 100000

static u16 uart_port;

void uart_init(u16 port)
{
	uart_port = port;
	x86_outb((u16)(port + UART_LCR), LCR_8N1 | LCR_DLAB);
	x86_outb((u16)(port + UART_THR), 1);
	x86_outb((u16)(port + UART_IER), 0);
	x86_outb((u16)(port + UART_LCR), LCR_8N1);
	x86_outb((u16)(port + UART_IER), 0);
	x86_outb((u16)(port + UART_MCR), 0x03);
}

void uart_putc(char c)
{
	if (!uart_port)
		return;
	for (u32 i = 0; i < UART_PATIENCE; i++) {
		if (x86_inb((u16)(uart_port + UART_LSR)) & LSR_THRE)
			break;
		x86_pause();
	}
	x86_outb((u16)(uart_port + UART_THR), (u8)c);
}
