/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory accesses and ports in every form an instruction can give them. */
#include "hostile/hostile.h"
#include "kit/pci.h"
#include "kit/test.h"
#include "kit/trap.h"

#define SHOTS 150

struct shot {
	u64 at; /* address or port */
	u64 from;
	u64 count;
	u64 val;
	u64 other;
	void (*form)(struct shot *s);
};

/* RDI is the address, RSI another, RCX a count, RAX a value, DX a port. */
#define FORM(name, text)                                                   \
	static void name(struct shot *s)                                   \
	{                                                                  \
		u64 di = s->at, si = s->from, cx = s->count;               \
		u64 ax = s->val, dx = s->at, bx = s->other;                \
                                                                           \
		__asm__ volatile("cld\n\t" text "\n\tcld"                  \
				 : "+D"(di), "+S"(si), "+c"(cx), "+a"(ax), \
				   "+d"(dx), "+b"(bx)                      \
				 :                                         \
				 : "memory", "cc", "r8", "r9");            \
	}

FORM(load8, "movb (%%rdi), %%al")
FORM(load16, "movw (%%rdi), %%ax")
FORM(load32, "movl (%%rdi), %%eax")
FORM(load64, "movq (%%rdi), %%rax")
FORM(loadz, "movzwl (%%rdi), %%eax")
FORM(loads, "movsbq (%%rdi), %%rax")
FORM(store8, "movb %%al, (%%rdi)")
FORM(store16, "movw %%ax, (%%rdi)")
FORM(store32, "movl %%eax, (%%rdi)")
FORM(store64, "movq %%rax, (%%rdi)")
FORM(store_imm, "movl $0x5a5a5a5a, (%%rdi)")
FORM(store_nt, "movnti %%rax, (%%rdi)")
FORM(add_to, "addl %%eax, (%%rdi)")
FORM(and_to, "andb %%al, (%%rdi)")
FORM(or_from, "orq (%%rdi), %%rax")
FORM(cmp_with, "cmpw %%ax, (%%rdi)")
FORM(test_with, "testb $0x81, (%%rdi)")
FORM(lock_add, "lock addq %%rax, (%%rdi)")
FORM(lock_bts, "lock btsl %%eax, (%%rdi)")
FORM(exchange, "xchgl %%eax, (%%rdi)")
FORM(compare, "lock cmpxchgq %%rbx, (%%rdi)")
FORM(compare8, "cmpxchg8b (%%rdi)")
FORM(add_xchg, "lock xaddw %%ax, (%%rdi)")
FORM(negate, "negl (%%rdi)")
FORM(shift, "shll $3, (%%rdi)")
FORM(push_it, "pushq (%%rdi)\n\tpopq %%rax")
FORM(pop_it, "pushq %%rax\n\tpopq (%%rdi)")
FORM(call_it, "callq *(%%rdi)")
FORM(jump_to, "jmpq *%%rdi")
FORM(save_fpu, "fxsave (%%rdi)")
FORM(load_fpu, "fldcw (%%rdi)")
FORM(load_gdt, "sgdt %%cs:-128(%%rsp)\n\tlidt -128(%%rsp)\n\tsidt (%%rdi)")
FORM(table_limit, "lsll (%%rdi), %%eax")
FORM(flush_line, "clflush (%%rdi)")
FORM(flush_page, "invlpg (%%rdi)")
FORM(copy8, "rep movsb")
FORM(copy32, "rep movsl")
FORM(copy64, "rep movsq")
FORM(fill8, "rep stosb")
FORM(fill64, "rep stosq")
FORM(scan8, "repne scasb")
FORM(match32, "repe cmpsl")
FORM(fetch16, "rep lodsw")
FORM(copy_down, "std\n\trep movsw")
FORM(addr32, "movl (%%edi), %%eax")
FORM(prefixes, ".byte 0xf2, 0x2e, 0x66, 0xf3\n\tmovw %%ax, (%%rdi)")
FORM(sse_load, "movdqu (%%rdi), %%xmm0")
FORM(sse_store, "movaps %%xmm0, (%%rdi)")

FORM(in8, "inb %%dx, %%al")
FORM(in16, "inw %%dx, %%ax")
FORM(in32, "inl %%dx, %%eax")
FORM(out8, "outb %%al, %%dx")
FORM(out16, "outw %%ax, %%dx")
FORM(out32, "outl %%eax, %%dx")
FORM(ins8, "movq %%rsi, %%rdi\n\trep insb")
FORM(ins16, "movq %%rsi, %%rdi\n\tinsw")
FORM(ins32, "movq %%rsi, %%rdi\n\trep insl")
FORM(outs8, "rep outsb")
FORM(outs16, "rep outsw")
FORM(outs32, "outsl")

/* clang-format off */
static void (*const memory_forms[])(struct shot *s) = {
	load8, load16, load32, load64, loadz, loads, store8, store16, store32,
	store64, store_imm, store_nt, add_to, and_to, or_from, cmp_with,
	test_with, lock_add, lock_bts, exchange, compare, compare8, add_xchg,
	negate, shift, push_it, pop_it, save_fpu, load_fpu, table_limit,
	flush_line, flush_page, copy8, copy32, copy64, fill8, fill64, scan8,
	match32, fetch16, copy_down, addr32, prefixes, sse_load, sse_store,
};
/* Those that lead out of this program, so seldom. */
static void (*const wild_forms[])(struct shot *s) = {
	call_it, jump_to, load_gdt,
};
static void (*const port_forms[])(struct shot *s) = {
	in8, in16, in32, out8, out16, out32, out8, out32, ins8, ins16, ins32,
	outs8, outs16, outs32,
};
/* clang-format on */

static void shoot(void *arg)
{
	struct shot *s = arg;

	s->form(s);
}

void fire_memory(void)
{
	for (u32 i = 0; i < SHOTS; i++) {
		struct shot s = {
			.at = random_place(),
			.from = random_place(),
			.count = rnd(16) ? rnd(8) : rnd(600),
			.val = random_value(),
			.other = random_value(),
			.form = memory_forms[rnd(ARRAY_SIZE(memory_forms))],
		};

		if (rnd(2000) == 0)
			s.form = wild_forms[rnd(ARRAY_SIZE(wild_forms))];
		fire(shoot, &s);
	}
}

/* Writes here end a life: they get their turn, but not at once. */
static bool is_an_end(u64 port)
{
	return (port >= 0xcf6 && port <= 0xcf9) ||
	       (port >= 0x61 && port <= 0x64) ||
	       (port >= 0x401 && port <= 0x405);
}

static u64 random_port(void)
{
	static const u16 base[] = {
		0x00,  0x20,  0x40,  0x60,  0x70,  0x80,  0xa0,  0xc0,   0xf0,
		0x2f0, 0x3f0, 0x400, 0x4d0, 0x510, 0xcf8, 0xcfc, 0x2000, 0xfff0
	};
	u64 port;

	do {
		port = base[rnd(ARRAY_SIZE(base))] + rnd(16);
		if (rnd(3) == 0)
			port = rnd(0x10000);
	} while (is_an_end(port) && rnd(300));
	return port;
}

void fire_ports(void)
{
	for (u32 i = 0; i < SHOTS; i++) {
		struct shot s = {
			.at = random_port(),
			.from = rnd(4) ? ARENA + rnd(ARENA_SIZE)
				       : random_place(),
			.count = rnd(16) ? rnd(4) : rnd(300),
			.val = random_value(),
			.form = port_forms[rnd(ARRAY_SIZE(port_forms))],
		};

		fire(shoot, &s);
	}
	calm_irqs();
}

static u32 random_function(void)
{
	/* Mostly where the device model's command line puts something. */
	if (rnd(4))
		return (u32)(rnd(8) << 3);
	return rnd(2) ? 31U << 3 : (u32)rnd(0x10000);
}

/* Where a BAR would be in the way of something. */
static u32 random_bar(void)
{
	static const u32 base[] = { 0xfee00000, 0xfec00000, 0xe0000000,
				    0x80000000, 0,          0x100000,
				    0xf0000,    0xffff0000, 0x7ffff000 };

	if (rnd(3) == 0)
		return (u32)random_value();
	return base[rnd(ARRAY_SIZE(base))] | (u32)rnd(16);
}

static void shoot_pci(void *arg)
{
	u32 bdf = random_function(), reg = (u32)rnd(64) * 4;

	(void)arg;
	switch (rnd(4)) {
	case 0:
		pci_write(bdf, PCI_BAR0 + (u32)rnd(6) * 4, random_bar());
		return;
	case 1:
		pci_write(bdf, PCI_COMMAND, (u32)rnd(8));
		return;
	case 2:
		pci_write(bdf, reg, (u32)random_value());
		return;
	default:
		pci_read(bdf, reg);
	}
}

void fire_pci(void)
{
	for (u32 i = 0; i < SHOTS; i++) {
		struct shot s = {
			.at = 0xe0000000 + (random_function() << 12) +
			      rnd(4096),
			.from = random_place(),
			.count = rnd(4),
			.val = random_value(),
			.form = memory_forms[rnd(ARRAY_SIZE(memory_forms))],
		};

		if (rnd(3))
			fire(shoot_pci, NULL);
		else
			fire(shoot, &s);
	}
}
