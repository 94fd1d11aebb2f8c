/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/clock.h"

#include "lib/comm.h"
#include "lib/cpu.h"

#define PIT_CH2     0x42
#define PIT_CONTROL 0x43
#define PIT_MODE    0xb0 /* channel 2, low then high byte, mode 0 */
#define PORT_B      0x61 /* bit 0: gate 2, 1: speaker, 5: output 2 */
#define GATE        BIT32(0)
#define SPEAKER     BIT32(1)
#define OUTPUT      BIT32(5)
#define PM_MASK     0xffffffU

u64 clock_pit(u16 count)
{
	u8 was = x86_inb(PORT_B);
	u64 from, to;

	x86_outb(PORT_B, (u8)((was & ~SPEAKER) | GATE));
	x86_outb(PIT_CONTROL, PIT_MODE);
	x86_outb(PIT_CH2, (u8)count);
	x86_outb(PIT_CH2, (u8)(count >> 8));
	from = rdtsc();
	do
		to = rdtsc();
	while (!(x86_inb(PORT_B) & OUTPUT));
	x86_outb(PORT_B, was);
	return to - from;
}

u16 clock_pm_port(void)
{
	return comm ? (u16)comm->pm_timer : 0;
}

u64 clock_pm(u32 count)
{
	u16 port = clock_pm_port();
	u32 begin = x86_inl(port) & PM_MASK;
	u64 from = rdtsc(), to;

	do
		to = rdtsc();
	while (((x86_inl(port) - begin) & PM_MASK) < count);
	return to - from;
}
