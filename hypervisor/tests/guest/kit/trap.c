/* SPDX-License-Identifier: BSD-2-Clause */
#include "kit/trap.h"

#include "kit/apic.h"
#include "kit/test.h"

/* As trap_entry.S pushes it. */
struct frame {
	u64 r15, r14, r13, r12, r11, r10, r9, r8;
	u64 rdi, rsi, rbp, rbx, rdx, rcx, rax;
	u64 vector, error, rip, cs, rflags, rsp, ss;
};

/* Interrupt gate, APM vol 2, 4.8.4. */
struct gate {
	u16 offset_low;
	u16 sel;
	u8 ist;
	u8 attr;
	u16 offset_mid;
	u32 offset_high;
	u32 zero;
} __packed;

struct table_ref {
	u16 limit;
	u64 base;
} __packed;

_Static_assert(offsetof(struct kcpu, probe_sp) == 8, "trap_entry.S");

#define SEL_CODE       0x08
#define SEL_DATA       0x10
#define SEL_TSS        0x40
#define GATE_INTERRUPT 0x8e
#define STUB_SIZE      16
#define BOOT_GDT_SIZE  6
#define GDT_TSS        (SEL_TSS / 8)
#define TSS_AVAILABLE  0x89ULL
#define VEC_FIRST_IRQ  32

extern const u8 trap_stubs[], probe_landing[];
extern const u64 boot_gdt[BOOT_GDT_SIZE];
u32 probe_enter(void (*fn)(void *arg), void *arg);
void __noreturn ring3_enter(void (*fn)(void), void *stack_top);
void trap_handle(struct frame *f);

static struct gate idt[256];
static void (*handlers[256])(u8 vector);
static void (*fallback)(void);

static void idt_build(void)
{
	for (u32 v = 0; v < ARRAY_SIZE(idt); v++) {
		u64 at = (u64)(uintptr_t)trap_stubs + (u64)v * STUB_SIZE;

		idt[v] = (struct gate){
			.offset_low = (u16)at,
			.sel = SEL_CODE,
			.attr = GATE_INTERRUPT,
			.offset_mid = (u16)(at >> 16),
			.offset_high = (u32)(at >> 32),
		};
	}
}

static void gdt_build(struct kcpu *cpu)
{
	u64 tss = (u64)(uintptr_t)&cpu->tss;

	for (u32 i = 0; i < BOOT_GDT_SIZE; i++)
		cpu->gdt[i] = boot_gdt[i];
	cpu->gdt[GDT_TSS] = (sizeof(cpu->tss) - 1) | (tss & 0xffffff) << 16 |
			    TSS_AVAILABLE << 40 | (tss >> 24 & 0xff) << 56;
	cpu->gdt[GDT_TSS + 1] = tss >> 32;
	cpu->tss.iomap = sizeof(cpu->tss);
}

void trap_init_cpu(struct kcpu *cpu)
{
	struct table_ref gdtr = { sizeof(cpu->gdt) - 1,
				  (u64)(uintptr_t)cpu->gdt };
	struct table_ref idtr = { sizeof(idt) - 1, (u64)(uintptr_t)idt };

	cpu->self = cpu;
	if (!idt[0].attr)
		idt_build();
	gdt_build(cpu);
	__asm__ volatile("lgdt %0; lidt %1; ltr %w2"
			 :
			 : "m"(gdtr), "m"(idtr), "r"(SEL_TSS));
	x86_wrmsr(MSR_GS_BASE, (u64)(uintptr_t)cpu);
}

void trap_set_handler(u8 vector, void (*fn)(u8 vector))
{
	handlers[vector] = fn;
}

void trap_set_fallback(void (*fn)(void))
{
	fallback = fn;
}

static void count_irq(struct kcpu *cpu, u8 vector)
{
	cpu->irq_order[cpu->irq_n++ % ARRAY_SIZE(cpu->irq_order)] = vector;
	__atomic_fetch_add(&cpu->irqs[vector], 1, __ATOMIC_SEQ_CST);
}

static void interrupt(struct kcpu *cpu, u8 vector)
{
	if (handlers[vector])
		handlers[vector](vector);
	count_irq(cpu, vector);
	if (vector != VEC_NMI && vector != VEC_SPURIOUS)
		apic_eoi();
}

static void end_probe(struct kcpu *cpu, struct frame *f)
{
	cpu->fault = (struct kfault){
		.vector = (u32)f->vector,
		.error = f->error,
		.cr2 = x86_read_cr2(),
		.rip = f->rip,
	};
	f->rax = f->vector;
	f->rip = (u64)(uintptr_t)probe_landing;
	f->cs = SEL_CODE;
	f->ss = SEL_DATA;
	f->rsp = cpu->probe_sp;
	f->rflags = RFLAGS_FIXED | (f->rflags & RFLAGS_IF);
}

void trap_handle(struct frame *f)
{
	struct kcpu *cpu = kcpu_self();

	if (f->vector >= VEC_FIRST_IRQ || f->vector == VEC_NMI) {
		interrupt(cpu, (u8)f->vector);
		return;
	}
	if (cpu->probe_sp) {
		end_probe(cpu, f);
		return;
	}
	if (fallback)
		fallback();
	test_abort("CPU %u: exception %lu error %lx at %lx, cr2 %lx",
		   cpu->index, f->vector, f->error, f->rip, x86_read_cr2());
}

u32 probe(void (*fn)(void *arg), void *arg)
{
	return probe_enter(fn, arg);
}

static u8 ring3_stack[4096] __aligned(16);

static void ring3_start(void *arg)
{
	struct kcpu *cpu = kcpu_self();

	cpu->tss.rsp[0] = cpu->probe_sp - 256;
	ring3_enter(*(void (**)(void))arg, ring3_stack + sizeof(ring3_stack));
}

u32 probe_ring3(void (*fn)(void))
{
	return probe(ring3_start, &fn);
}

struct msr_access {
	u32 msr;
	u64 val;
};

static void do_rdmsr(void *arg)
{
	struct msr_access *a = arg;

	a->val = x86_rdmsr(a->msr);
}

static void do_wrmsr(void *arg)
{
	const struct msr_access *a = arg;

	x86_wrmsr(a->msr, a->val);
}

u32 try_rdmsr(u32 msr, u64 *val)
{
	struct msr_access a = { .msr = msr };
	u32 vector = probe(do_rdmsr, &a);

	*val = a.val;
	return vector;
}

u32 try_wrmsr(u32 msr, u64 val)
{
	struct msr_access a = { .msr = msr, .val = val };

	return probe(do_wrmsr, &a);
}

struct read_access {
	u64 addr;
	u32 val;
};

static void do_read32(void *arg)
{
	struct read_access *a = arg;

	a->val = *(volatile u32 *)(uintptr_t)a->addr;
}

u32 try_read32(u64 addr, u32 *val)
{
	struct read_access a = { .addr = addr };
	u32 vector = probe(do_read32, &a);

	*val = a.val;
	return vector;
}
