/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/x86/trap.h"

#include "arch/x86/asm.h"
#include "arch/x86/desc.h"
#include "arch/x86/halt.h"
#include "arch/x86/lapic.h"
#include "core/log.h"

/* Gate descriptor, APM vol 2, 4.8.4. */
struct idt_gate {
	u16 offset_low;
	u16 sel;
	u8 ist;
	u8 attr;
	u16 offset_mid;
	u32 offset_high;
	u32 zero;
} __packed;

_Static_assert(sizeof(struct idt_gate) == 16, "APM vol 2, figure 4-24");

#define GATE_INTERRUPT  0x8e
#define TRAP_ENTRY_SIZE 16

struct ex_entry {
	u64 at;
	u64 go_to;
};

/*
 * Code between a look at a flag and the instruction that counts on it: an
 * NMI that comes from there to before "to" goes on at "go_to".
 */
struct nmi_entry {
	u64 from;
	u64 to;
	u64 go_to;
};

extern const u8 trap_entries[];
extern const struct ex_entry ex_table_start[], ex_table_end[];
extern const struct nmi_entry nmi_table_start[], nmi_table_end[];

static struct idt_gate idt[256];
static const struct trap_hooks *trap_hooks;

static void gate_set(u32 vector, u8 ist)
{
	u64 entry =
		(u64)(uintptr_t)trap_entries + (u64)vector * TRAP_ENTRY_SIZE;

	idt[vector] = (struct idt_gate){
		.offset_low = (u16)entry,
		.sel = DESC_CODE,
		.ist = ist,
		.attr = GATE_INTERRUPT,
		.offset_mid = (u16)(entry >> 16),
		.offset_high = (u32)(entry >> 32),
	};
}

void trap_init(const struct trap_hooks *hooks)
{
	trap_hooks = hooks;
	for (u32 v = 0; v < ARRAY_SIZE(idt); v++)
		gate_set(v, 0);
	/* These may come when the stack is no good. */
	gate_set(VECTOR_NMI, 1);
	gate_set(VECTOR_DF, 1);
	gate_set(VECTOR_MC, 1);
}

u64 trap_idt_base(void)
{
	return (u64)(uintptr_t)idt;
}

void trap_load(void)
{
	desc_load_idt(idt, sizeof(idt));
}

static bool fixup(struct trap_frame *f)
{
	for (const struct ex_entry *e = ex_table_start; e < ex_table_end; e++) {
		if (e->at != f->rip)
			continue;
		f->rip = e->go_to;
		return true;
	}
	return false;
}

/* An NMI after the check and before the HLT, say, must not sleep. */
static void leave_window(struct trap_frame *f)
{
	const struct nmi_entry *e;

	for (e = nmi_table_start; e < nmi_table_end; e++) {
		if (f->rip >= e->from && f->rip < e->to)
			f->rip = e->go_to;
	}
}

static void die(const struct trap_frame *f)
{
	log_error("exception %lu error %lx at %p, rsp %lx, cr2 %lx, rflags %lx",
		  f->vector, f->error_code, (const void *)f->rip, f->rsp,
		  x86_read_cr2(), f->rflags);
	log_error("rax %lx rcx %lx rdx %lx rbx %lx rbp %lx rsi %lx rdi %lx",
		  f->rax, f->rcx, f->rdx, f->rbx, f->rbp, f->rsi, f->rdi);
	log_error(
		"r8 %lx r9 %lx r10 %lx r11 %lx r12 %lx r13 %lx r14 %lx r15 %lx",
		f->r8, f->r9, f->r10, f->r11, f->r12, f->r13, f->r14, f->r15);
	panic("unexpected exception %lu", f->vector);
}

void trap_interrupt(u8 vector)
{
	trap_hooks->interrupt(vector);
}

/*
 * A guest may send itself interrupts with the vectors of exceptions, and
 * leave its CPU before they are delivered. But for machine checks those
 * exceptions cannot happen here: there is no x87, SSE, alignment check, CET or
 * #VE in Holm. And what the local APIC says is in service is no exception.
 */
static bool is_left_behind(u64 vector)
{
	return vector >= VECTOR_FIRST_LEGAL && vector < VECTOR_FIRST_IRQ &&
	       lapic_in_service((u8)vector);
}

void trap_handle(struct trap_frame *f)
{
	if (f->vector == VECTOR_NMI) {
		leave_window(f);
		trap_hooks->nmi();
	} else if (f->vector >= VECTOR_FIRST_IRQ || is_left_behind(f->vector)) {
		trap_hooks->interrupt((u8)f->vector);
	} else if (!fixup(f)) {
		die(f);
	}
}
