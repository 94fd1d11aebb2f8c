/* SPDX-License-Identifier: BSD-2-Clause */
/* Port and memory-mapped I/O of a User VM, answered by the device model. */
#include "abi/hypercall.h"
#include "kit/host.h"
#include "kit/paging.h"
#include "kit/test.h"
#include "kit/trap.h"
#include "lib/string.h"

#define NOBODYS_PORT 0x9100
#define NOBODYS_GPA  0xd8000000UL

static u8 buf[PAGE_SIZE * 2] __aligned(4096);

static volatile u8 *dev8(u32 off)
{
	return (volatile u8 *)(uintptr_t)(HOST_MMIO + off);
}

static volatile u32 *dev32(u32 off)
{
	return (volatile u32 *)(uintptr_t)(HOST_MMIO + off);
}

static volatile u64 *dev64(u32 off)
{
	return (volatile u64 *)(uintptr_t)(HOST_MMIO + off);
}

static u32 host_reg(u32 at)
{
	return *(volatile u32 *)(uintptr_t)at;
}

static void port_widths(void)
{
	u64 rax = 0x1122334455667788;

	x86_outl(HOST_SCRATCH, 0xa1b2c3d4);
	check_eq(x86_inb(HOST_SCRATCH), 0xd4, "byte 0");
	check_eq(x86_inb(HOST_SCRATCH + 3), 0xa1, "byte 3");
	check_eq(x86_inw(HOST_SCRATCH + 1), 0xb2c3, "word at 1");
	x86_outw(HOST_SCRATCH + 2, 0x5566);
	x86_outb(HOST_SCRATCH, 0x77);
	check_eq(x86_inl(HOST_SCRATCH), 0x5566c377, "after parts");
	__asm__ volatile("inb %1, %%al" : "+a"(rax) : "Nd"((u16)HOST_SCRATCH));
	check_eq(rax, 0x1122334455667777, "RAX after a byte");
	__asm__ volatile("inw %1, %%ax" : "+a"(rax) : "Nd"((u16)HOST_SCRATCH));
	check_eq(rax, 0x112233445566c377, "RAX after a word");
	__asm__ volatile("inl %1, %%eax" : "+a"(rax) : "Nd"((u16)HOST_SCRATCH));
	check_eq(rax, 0x5566c377, "RAX after a double word");
}

static void nobodys_port_reads_ones(void)
{
	check_eq(x86_inb(NOBODYS_PORT), 0xff, "byte");
	check_eq(x86_inw(NOBODYS_PORT), 0xffff, "word");
	check_eq(x86_inl(NOBODYS_PORT), 0xffffffff, "double word");
	x86_outl(NOBODYS_PORT, 0);
}

/* Repeated string I/O of @n elements; where the index register ends. */
static void *rep_io(void *mem, u64 n, u32 width, bool in, bool down)
{
	void *di = mem, *si = mem;
	u64 rcx = n;
	u16 port = HOST_SCRATCH;

	if (down)
		__asm__ volatile("std");
	if (in && width == 1)
		__asm__ volatile("rep insb"
				 : "+D"(di), "+c"(rcx)
				 : "d"(port)
				 : "memory");
	if (in && width == 2)
		__asm__ volatile("rep insw"
				 : "+D"(di), "+c"(rcx)
				 : "d"(port)
				 : "memory");
	if (in && width == 4)
		__asm__ volatile("rep insl"
				 : "+D"(di), "+c"(rcx)
				 : "d"(port)
				 : "memory");
	if (!in && width == 1)
		__asm__ volatile("rep outsb"
				 : "+S"(si), "+c"(rcx)
				 : "d"(port)
				 : "memory");
	if (!in && width == 2)
		__asm__ volatile("rep outsw"
				 : "+S"(si), "+c"(rcx)
				 : "d"(port)
				 : "memory");
	if (!in && width == 4)
		__asm__ volatile("rep outsl"
				 : "+S"(si), "+c"(rcx)
				 : "d"(port)
				 : "memory");
	__asm__ volatile("cld");
	check_eq(rcx, 0, "RCX after width %u", width);
	return in ? di : si;
}

static void string_in(void)
{
	for (u32 width = 1; width <= 4; width *= 2) {
		for (u32 down = 0; down < 2; down++) {
			u8 *from = buf + 64;
			s64 step = down ? -(s64)width : (s64)width;
			u8 *end;

			memset(buf, 0, 128);
			x86_outl(HOST_SCRATCH, 0x44332211);
			end = rep_io(from, 5, width, true, down);
			check_eq(end - from, 5 * step, "RDI, width %u", width);
			for (s64 i = 0; i < 5; i++)
				check_eq(from[i * step], 0x11,
					 "element %ld of width %u", (long)i,
					 width);
			check_eq(from[5 * step], 0, "one too many");
		}
	}
}

static void string_out(void)
{
	for (u32 width = 1; width <= 4; width *= 2) {
		for (u32 down = 0; down < 2; down++) {
			u8 *from = buf + 64;
			s64 step = down ? -(s64)width : (s64)width;
			u8 *end;

			for (u32 i = 0; i < 128; i++)
				buf[i] = (u8)i;
			x86_outl(HOST_SCRATCH, 0);
			end = rep_io(from, 6, width, false, down);
			check_eq(end - from, 6 * step, "RSI, width %u", width);
			check_eq(x86_inb(HOST_SCRATCH), from[5 * step],
				 "the last element of width %u", width);
		}
	}
}

/* Over a page boundary, a double word at a time. */
static void string_over_pages(void)
{
	u8 *from = buf + PAGE_SIZE - 6;

	memset(buf, 0, sizeof(buf));
	x86_outl(HOST_SCRATCH, 0x04030201);
	rep_io(from, 3, 4, true, false);
	for (u32 i = 0; i < 12; i++)
		check_eq(from[i], i % 4 + 1, "byte %u", i);
	check_eq(from[12], 0, "one too many");
}

static void string_into_fault(void *arg)
{
	(void)arg;
	rep_io((void *)(uintptr_t)(1UL << 45), 2, 1, true, false);
}

static void string_faults_are_the_guests(void)
{
	check_eq(probe(string_into_fault, NULL), VEC_PF, "INS to no page");
	check_eq(kcpu_self()->fault.cr2, 1L << 45, "CR2");
	check_eq(kcpu_self()->fault.error, 2, "error code");
}

static void mmio_widths(void)
{
	*dev64(0) = 0x8877665544332211;
	check_eq(*dev8(0), 0x11, "byte");
	check_eq(*(volatile u16 *)(volatile void *)dev8(1), 0x3322, "word");
	check_eq(*dev32(4), 0x88776655, "double word");
	check_eq(*dev64(0), 0x8877665544332211, "quad word");
	check_eq(host_reg(HOST_MMIO_SIZE), 8, "size of the last access");
	*dev8(3) = 0xaa;
	*(volatile u16 *)(volatile void *)dev8(6) = 0xbbcc;
	check_eq(*dev64(0), 0xbbcc6655aa332211, "after parts");
	*dev32(0) = 5;
	check_eq(host_reg(HOST_MMIO_SIZE), 4, "size of a write");
}

static void mmio_sign_and_zero(void)
{
	u64 a = ~0UL, b = ~0UL, c = 0, d = 0, e = 0;

	*dev64(0x10) = 0xfedcba9876543280;
	__asm__ volatile("movzbl %1, %k0" : "=r"(a) : "m"(*dev8(0x10)));
	__asm__ volatile("movzwl %1, %k0" : "=r"(b) : "m"(*dev8(0x10)));
	__asm__ volatile("movsbq %1, %0" : "=r"(c) : "m"(*dev8(0x10)));
	__asm__ volatile("movswq %1, %0" : "=r"(d) : "m"(*dev8(0x16)));
	__asm__ volatile("movslq %1, %0" : "=r"(e) : "m"(*dev32(0x14)));
	check_eq(a, 0x80, "MOVZX byte");
	check_eq(b, 0x3280, "MOVZX word");
	check_eq(c, -0x80, "MOVSX byte");
	check_eq(d, 0xfffffffffffffedc, "MOVSX word");
	check_eq(e, 0xfffffffffedcba98, "MOVSXD");
}

/* clang-format off */
#define RMW(insn, val)							\
	__asm__ volatile(insn						\
			 : "+m"(*dev32(0x20)) : "r"(val) : "cc", "memory")
/* clang-format on */

static void mmio_read_modify_write(void)
{
	u32 before;

	*dev32(0x20) = 100;
	RMW("addl %1, %0", 23);
	check_eq(*dev32(0x20), 123, "ADD");
	RMW("subl %1, %0", 3);
	check_eq(*dev32(0x20), 120, "SUB");
	RMW("orl %1, %0", 0xf00);
	check_eq(*dev32(0x20), 0xf78, "OR");
	RMW("andl %1, %0", 0xff);
	check_eq(*dev32(0x20), 0x78, "AND");
	RMW("xorl %1, %0", 0xff);
	check_eq(*dev32(0x20), 0x87, "XOR");
	__asm__ volatile("lock incl %0" : "+m"(*dev32(0x20)));
	check_eq(*dev32(0x20), 0x88, "INC");
	__asm__ volatile("notl %0" : "+m"(*dev32(0x20)));
	check_eq(*dev32(0x20), 0xffffff77, "NOT");
	__asm__ volatile("btsl $3, %0" : "+m"(*dev32(0x20)));
	check_eq(*dev32(0x20), 0xffffff7f, "BTS");
	before = 55;
	__asm__ volatile("xchgl %0, %1" : "+r"(before), "+m"(*dev32(0x20)));
	check_eq(before, 0xffffff7f, "XCHG: what was read");
	check_eq(*dev32(0x20), 55, "XCHG: what was written");
}

static void mmio_compare_and_test(void)
{
	u8 equal = 0, zero = 1, above = 0;
	u32 expected = 7, got;

	*dev32(0x30) = 7;
	__asm__ volatile("cmpl $7, %1; sete %0"
			 : "=r"(equal)
			 : "m"(*dev32(0x30)));
	__asm__ volatile("testl $8, %1; setz %0"
			 : "=r"(zero)
			 : "m"(*dev32(0x30)));
	__asm__ volatile("cmpl %2, %1; seta %0"
			 : "=r"(above)
			 : "m"(*dev32(0x30)), "r"(3));
	check(equal == 1 && zero == 1 && above == 1, "flags %u %u %u", equal,
	      zero, above);
	__asm__ volatile("lock cmpxchgl %2, %1"
			 : "=a"(got), "+m"(*dev32(0x30))
			 : "r"(9), "0"(expected)
			 : "cc");
	check_eq(got, 7, "CMPXCHG: EAX");
	check_eq(*dev32(0x30), 9, "CMPXCHG: memory");
}

static void mmio_strings(void)
{
	void *di = (void *)(uintptr_t)(HOST_MMIO + 0x100);
	const void *si = buf;
	u64 n = 8;
	u32 count = host_reg(HOST_MMIO_COUNT);

	__asm__ volatile("rep stosl"
			 : "+D"(di), "+c"(n)
			 : "a"(0x5a5a5a5a)
			 : "memory");
	check_eq((uintptr_t)di, HOST_MMIO + 0x120, "STOS: RDI");
	check_eq(host_reg(HOST_MMIO_COUNT) - count, 8, "STOS: accesses");
	check_eq(*dev32(0x11c), 0x5a5a5a5a, "STOS: the last");
	for (u32 i = 0; i < 64; i++)
		buf[i] = (u8)(i * 3);
	di = (void *)(uintptr_t)(HOST_MMIO + 0x200);
	n = 16;
	__asm__ volatile("rep movsb"
			 : "+D"(di), "+S"(si), "+c"(n)
			 :
			 : "memory");
	check_eq(*dev8(0x20f), 45, "MOVS to the device");
	di = buf + 256;
	si = (const void *)(uintptr_t)(HOST_MMIO + 0x200);
	n = 4;
	__asm__ volatile("rep movsl"
			 : "+D"(di), "+S"(si), "+c"(n)
			 :
			 : "memory");
	check(!memcmp(buf, buf + 256, 16), "MOVS from the device");
}

static void mmio_lods_and_moffs(void)
{
	const void *si = (const void *)(uintptr_t)(HOST_MMIO + 0x40);
	u64 rax = ~0UL;

	*dev64(0x40) = 0x0123456789abcdef;
	__asm__ volatile("lodsl" : "=a"(rax), "+S"(si) : : "memory");
	check_eq(rax, 0x89abcdef, "LODS");
	__asm__ volatile("movabs 0xd0000040, %%rax" : "=a"(rax));
	check_eq(rax, 0x0123456789abcdef, "MOV from an offset");
	__asm__ volatile("movabs %%al, 0xd0000040" : : "a"(0x42) : "memory");
	check_eq(*dev8(0x40), 0x42, "MOV to an offset");
	__asm__ volatile("movb $0x99, %0" : "=m"(*dev8(0x41)));
	__asm__ volatile("movq $-2, %0" : "=m"(*dev64(0x48)));
	check_eq(*dev8(0x41), 0x99, "MOV of a byte constant");
	check_eq(*dev64(0x48), -2, "MOV of a sign-extended constant");
}

/* High byte registers, and R8 to R15 as address and data. */
static void mmio_registers(void)
{
	u64 rbx = 0x1234;
	u64 out;

	__asm__ volatile("movb %%bh, (%0)"
			 :
			 : "D"(dev8(0x50)), "b"(rbx)
			 : "memory");
	check_eq(*dev8(0x50), 0x12, "BH");
	__asm__ volatile("mov $0xd0000000, %%r13d\n\t"
			 "mov $0x18, %%r9d\n\t"
			 "movl $0x77665544, %%r14d\n\t"
			 "movl %%r14d, 8(%%r13, %%r9, 4)\n\t"
			 "movl 0x68(%%r13), %%r15d\n\t"
			 "mov %%r15, %0"
			 : "=r"(out)
			 :
			 : "r9", "r13", "r14", "r15", "memory");
	check_eq(out, 0x77665544, "scaled index, R13 to R15");
	check_eq(host_reg(HOST_MMIO_LAST), HOST_MMIO + 0x68, "address");
}

/* The page behind a device's is nobody's. */
static void mmio_over_the_edge(void)
{
	volatile u32 *edge = (volatile u32 *)(uintptr_t)(HOST_MMIO + 0xffe);
	u32 val;

	*edge = 0x11223344;
	check_eq(try_read32(HOST_MMIO + 0xffe, &val), NO_FAULT, "read");
}

static void nobodys_memory_reads_ones(void)
{
	u32 val;

	check_eq(try_read32(NOBODYS_GPA, &val), NO_FAULT, "read");
	check_eq(val, 0xffffffff, "value");
	*(volatile u32 *)(uintptr_t)NOBODYS_GPA = 5;
	paging_reach(GIB(300));
	check_eq(try_read32(GIB(300), &val), NO_FAULT, "read far away");
	check_eq(val, 0xffffffff, "far value");
}

static void call_nobody(void *arg)
{
	(void)arg;
	((void (*)(void))(uintptr_t)NOBODYS_GPA)();
}

static void nobodys_memory_does_not_run(void)
{
	check(probe(call_nobody, NULL) != NO_FAULT, "it came back");
}

static void call_holm(void *arg)
{
	register u64 r8 __asm__("r8") = *(const u32 *)arg;
	u64 rax;

	__asm__ volatile("vmmcall"
			 : "=a"(rax)
			 : "r"(r8), "D"(0), "S"(0)
			 : "memory");
}

/* None of them, not those that only tell or trace. */
static void hypercalls_are_undefined(void)
{
	static const u32 calls[] = { HC_GET_API_VERSION, HC_HOLM_QUERY,
				     HC_HOLM_TRACE, HC_ID(0xff) };

	for (u32 i = 0; i < ARRAY_SIZE(calls); i++) {
		u32 nr = calls[i];

		check_eq(probe(call_holm, &nr), VEC_UD, "call %x", nr);
	}
}

/* clang-format off */
const struct test tests[] = {
	{ "port_widths", port_widths },
	{ "nobodys_port_reads_ones", nobodys_port_reads_ones },
	{ "string_in", string_in },
	{ "string_out", string_out },
	{ "string_over_pages", string_over_pages },
	{ "string_faults_are_the_guests", string_faults_are_the_guests },
	{ "mmio_widths", mmio_widths },
	{ "mmio_sign_and_zero", mmio_sign_and_zero },
	{ "mmio_read_modify_write", mmio_read_modify_write },
	{ "mmio_compare_and_test", mmio_compare_and_test },
	{ "mmio_strings", mmio_strings },
	{ "mmio_lods_and_moffs", mmio_lods_and_moffs },
	{ "mmio_registers", mmio_registers },
	{ "mmio_over_the_edge", mmio_over_the_edge },
	{ "nobodys_memory_reads_ones", nobodys_memory_reads_ones },
	{ "nobodys_memory_does_not_run", nobodys_memory_does_not_run },
	{ "hypercalls_are_undefined", hypercalls_are_undefined },
	{ NULL, NULL },
};
/* clang-format on */
