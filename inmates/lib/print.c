/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/print.h"

#include "lib/comm.h"
#include "lib/cpu.h"

static void (*also)(char c);
static u32 lock;

void print_also(void (*put)(char c))
{
	also = put;
}

void print(const char *fmt, ...)
{
	char text[256];
	va_list ap;
	bool irqs;
	u32 len;

	va_start(ap, fmt);
	len = fmt_vprint(text, sizeof(text), fmt, ap);
	va_end(ap);
	len = MIN(len, (u32)sizeof(text) - 1);
	irqs = irqs_save();
	while (__atomic_exchange_n(&lock, 1, __ATOMIC_ACQUIRE))
		x86_pause();
	comm_write(text, len);
	for (u32 i = 0; also && i < len; i++)
		also(text[i]);
	__atomic_store_n(&lock, 0, __ATOMIC_RELEASE);
	irqs_restore(irqs);
}
