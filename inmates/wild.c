/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A cell that does what it must not. Words, one of: (none) one access of each
 * kind that is refused, and it lives on; jam: loops with interrupts off;
 * triple: a triple fault; flood: fills its console without end; lie: a region
 * full of nonsense.
 */
#include "lib/cmdline.h"
#include "lib/comm.h"
#include "lib/cpu.h"
#include "lib/inmate.h"
#include "lib/lapic.h"
#include "lib/memmap.h"
#include "lib/print.h"
#include "lib/string.h"
#include "lib/trap.h"

#define FOREIGN_PORT   0x80
#define FOREIGN_MEMORY 0x40000000U
#define FOREIGN_MSR    0xc0010114U /* VM_CR: may be read, not written */
#define NO_MSR         0x12345678U

static void reach_out(void)
{
	u64 v;

	print("wild: port: %x\n", x86_inb(FOREIGN_PORT));
	x86_outb(FOREIGN_PORT, 0);
	print("wild: memory: %x\n", read32(FOREIGN_MEMORY));
	write32(FOREIGN_MEMORY, 0);
	print("wild: MSR written: %s\n",
	      try_wrmsr(FOREIGN_MSR, 0) ? "yes" : "refused");
	print("wild: MSR read: %s\n",
	      try_rdmsr(NO_MSR, &v) ? "yes" : "refused");
	lapic_icr(0, ICR_ASSERT | VECTOR_IPI);
	lapic_icr(0, ICR_INIT | ICR_ASSERT);
	print("wild: still here\n");
}

static __noreturn void jam(void)
{
	print("wild: jammed\n");
	irqs_off();
	for (;;)
		x86_pause();
}

static __noreturn void triple_fault(void)
{
	static const u8 none[10];

	print("wild: falls\n");
	__asm__ volatile("lidt %0; ud2" : : "m"(none));
	__builtin_unreachable();
}

static __noreturn void flood(void)
{
	for (u64 i = 0;; i++)
		print("wild: line %llu\n", (unsigned long long)i);
}

/* Numbers that no reader may trust, and that go on changing. */
static __noreturn void lie(void)
{
	u32 v = 1;

	if (!comm)
		sleep_for_good();
	for (;;)
		for (u32 i = 0; i < sizeof(*comm) / 4; i++) {
			v = v * 1664525 + 1013904223;
			write32((word)comm + i * 4, v);
		}
}

void inmate_main(void)
{
	if (cmdline_has("jam"))
		jam();
	if (cmdline_has("triple"))
		triple_fault();
	if (cmdline_has("flood"))
		flood();
	if (cmdline_has("lie"))
		lie();
	reach_out();
	for (;;) {
		inmate_serve();
		x86_pause();
	}
}
