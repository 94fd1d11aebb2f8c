/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/trap.h"

#include "abi/cell.h"
#include "lib/comm.h"
#include "lib/lapic.h"
#include "lib/memmap.h"
#include "lib/print.h"

#define GATE_INTERRUPT 0x8e00U

/* SDM vol 3, 6.11 and 6.14.1; a long one has two words more. */
struct gate {
	u16 low;
	u16 selector;
	u16 type;
	u16 middle;
	u32 high[sizeof(word) == 8 ? 2 : 0];
};

struct __packed table {
	u16 limit;
	word base;
};

static struct gate idt[VECTORS] __aligned(16);
static void (*handlers[VECTORS])(void);
/* Where a CPU that may fault goes on; 0: it may not. */
static volatile word fixup;

static void gate_set(struct gate *g, word at)
{
	u64 to = at;

	*g = (struct gate){
		.low = (u16)to,
		.selector = sizeof(word) == 8 ? SEL_CODE64 : SEL_CODE32,
		.type = GATE_INTERRUPT,
		.middle = (u16)(to >> 16),
	};
	if (sizeof(g->high))
		memcpy(g->high, (u32[]){ (u32)(to >> 32), 0 }, sizeof(g->high));
}

void trap_init(void)
{
	const struct table t = { sizeof(idt) - 1, (word)idt };

	for (u32 i = 0; i < VECTORS; i++)
		gate_set(&idt[i], (word)trap_vectors + i * VECTOR_BYTES);
	__asm__ volatile("lidt %0" : : "m"(t));
}

void trap_set(u32 vector, void (*fn)(void))
{
	if (vector >= FIRST_IRQ && vector < VECTORS)
		__atomic_store_n(&handlers[vector], fn, __ATOMIC_RELEASE);
}

static void exception(struct trap *t)
{
	if (fixup) {
		t->ip = fixup;
		return;
	}
	print("exception %lu, error %lx, at %lx: this cell is over\n",
	      t->vector, t->error, t->ip);
	comm_state(HOLM_CELL_FAILED);
	sleep_for_good();
}

void trap_dispatch(struct trap *t)
{
	void (*fn)(void);

	if (t->vector < FIRST_IRQ) {
		exception(t);
		return;
	}
	fn = __atomic_load_n(&handlers[t->vector], __ATOMIC_ACQUIRE);
	if (fn)
		fn();
	/* A spurious interrupt has no EOI: SDM vol 3, 11.9. */
	if (t->vector != VECTOR_SPURIOUS)
		lapic_eoi();
}

bool try_rdmsr(u32 msr, u64 *v)
{
	u32 lo = 0, hi = 0, ok;

	__asm__ volatile("xor %2, %2\n\t"
			 "mov" WORD_SUFFIX " $1f, %3\n\t"
			 "rdmsr\n\t"
			 "inc %2\n"
			 "1:\n\t"
			 : "+a"(lo), "+d"(hi), "=&r"(ok), "=m"(fixup)
			 : "c"(msr)
			 : "memory", "cc");
	fixup = 0;
	*v = (u64)hi << 32 | lo;
	return ok;
}

bool try_wrmsr(u32 msr, u64 v)
{
	u32 ok;

	__asm__ volatile("xor %0, %0\n\t"
			 "mov" WORD_SUFFIX " $1f, %1\n\t"
			 "wrmsr\n\t"
			 "inc %0\n"
			 "1:\n\t"
			 : "=&r"(ok), "=m"(fixup)
			 : "c"(msr), "a"((u32)v), "d"((u32)(v >> 32))
			 : "memory", "cc");
	fixup = 0;
	return ok;
}
