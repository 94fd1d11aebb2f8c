/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/x86/desc.h"

struct desc_ptr {
	u16 limit;
	u64 base;
} __packed;

#define GDT_CODE64    0x00af9b000000ffffULL
#define GDT_DATA      0x00cf93000000ffffULL
#define TSS_AVAILABLE 0x89ULL

static void desc_fill(struct desc_tables *t, u64 ist_top)
{
	u64 base = (u64)(uintptr_t)&t->tss;
	u64 limit = sizeof(t->tss) - 1;

	t->tss = (struct desc_tss){ .iomap_base = sizeof(t->tss) };
	t->tss.ist[0] = ist_top;
	t->gdt[0] = 0;
	t->gdt[DESC_CODE / 8] = GDT_CODE64;
	t->gdt[DESC_DATA / 8] = GDT_DATA;
	t->gdt[DESC_TSS / 8] = limit | ((base & 0xffffff) << 16) |
			       (TSS_AVAILABLE << 40) |
			       (((base >> 24) & 0xff) << 56);
	t->gdt[DESC_TSS / 8 + 1] = base >> 32;
}

void desc_load(struct desc_tables *t, u64 ist_top)
{
	struct desc_ptr p = { sizeof(t->gdt) - 1, (u64)(uintptr_t)t->gdt };
	u64 tmp;

	desc_fill(t, ist_top);
	__asm__ volatile("lgdt %1\n\t"
			 "pushq %2\n\t"
			 "leaq 1f(%%rip), %0\n\t"
			 "pushq %0\n\t"
			 "lretq\n"
			 "1:\tmovl %3, %%ds\n\t"
			 "movl %3, %%es\n\t"
			 "movl %3, %%ss\n\t"
			 "movl %4, %%fs\n\t"
			 "movl %4, %%gs\n\t"
			 "lldt %w4\n\t"
			 "ltr %w5"
			 : "=&r"(tmp)
			 : "m"(p), "i"(DESC_CODE), "r"(DESC_DATA), "r"(0),
			   "r"(DESC_TSS)
			 : "memory");
}

u64 desc_gdt_base(void)
{
	struct desc_ptr p;

	__asm__ volatile("sgdt %0" : "=m"(p));
	return p.base;
}

u64 desc_tss_base(void)
{
	const struct desc_tables *t =
		(const struct desc_tables *)(uintptr_t)desc_gdt_base();

	return (u64)(uintptr_t)&t->tss;
}

void desc_load_idt(const void *idt, u64 size)
{
	struct desc_ptr p = { (u16)(size - 1), (u64)(uintptr_t)idt };

	__asm__ volatile("lidt %0" : : "m"(p));
}
