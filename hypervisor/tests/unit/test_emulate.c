/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What cannot be compared with the host's CPU: 16- and 32-bit modes,
 * segments, faults, port strings, REP batches, what is refused. The guest's
 * linear space is 64 KiB of memory from 0 and a device page at 0x8000.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "guest/x86/emulate_priv.h"
#include "lib/errno.h"

#define DEVICE     0x8000U
#define DEVICE_GPA 0xfee00000ULL
#define SPACE      0x10000U

static u8 space[SPACE];
static u8 device[4096];
static u64 gpr[16];
static struct emu_ctx ctx;
static struct emu_seg segs[X86_SEGS];
static u64 fault_at;    /* linear page that is not mapped, ~0: none */
static u64 readonly_at; /* linear page that may not be written */
static u32 port_reads;
static u32 port_writes;
static u32 device_reads;
static u32 device_writes;
static u32 port_value;
static u16 last_port;

static void seg_get(struct emu_ctx *c, enum x86_seg seg, struct emu_seg *out)
{
	(void)c;
	*out = segs[seg];
}

static int check_page(struct emu_ctx *c, u64 gva, bool write)
{
	u64 page = gva & ~4095ULL;

	if (page != fault_at && !(write && page == readonly_at))
		return 0;
	c->fault = (struct emu_fault){
		.vector = 14,
		.has_error = true,
		.error = write ? 2 : 0,
		.cr2 = gva,
	};
	return -EFAULT;
}

static int mem_read(struct emu_ctx *c, gva_t gva, void *buf, u32 len)
{
	if (check_page(c, gva.v, false))
		return -EFAULT;
	assert_true(gva.v + len <= SPACE);
	memcpy(buf, space + gva.v, len);
	return 0;
}

static int mem_write(struct emu_ctx *c, gva_t gva, const void *buf, u32 len)
{
	if (check_page(c, gva.v, true))
		return -EFAULT;
	assert_true(gva.v + len <= SPACE);
	memcpy(space + gva.v, buf, len);
	return 0;
}

static int gva_to_target(struct emu_ctx *c, gva_t gva, u32 len, bool write,
			 bool *is_mmio, gpa_t *gpa)
{
	(void)len;
	if (check_page(c, gva.v, write))
		return -EFAULT;
	*is_mmio = gva.v - DEVICE < 4096;
	*gpa = GPA(*is_mmio ? gva.v - DEVICE + DEVICE_GPA : gva.v);
	return 0;
}

static int mmio_read(struct emu_ctx *c, gpa_t gpa, u32 size, u64 *val)
{
	(void)c;
	device_reads++;
	*val = 0;
	memcpy(val, device + (gpa.v - DEVICE_GPA), size);
	return 0;
}

static int mmio_write(struct emu_ctx *c, gpa_t gpa, u32 size, u64 val)
{
	(void)c;
	device_writes++;
	memcpy(device + (gpa.v - DEVICE_GPA), &val, size);
	return 0;
}

static int pio_read(struct emu_ctx *c, u16 port, u32 size, u32 *val)
{
	(void)c;
	(void)size;
	last_port = port;
	*val = port_value + port_reads++;
	return 0;
}

static int pio_write(struct emu_ctx *c, u16 port, u32 size, u32 val)
{
	(void)c;
	assert_true(size == 4 || val >> (8 * size) == 0);
	last_port = port;
	port_value = val;
	port_writes++;
	return 0;
}

static const struct emu_ops ops = {
	.seg_get = seg_get,
	.mem_read = mem_read,
	.mem_write = mem_write,
	.gva_to_target = gva_to_target,
	.mmio_read = mmio_read,
	.mmio_write = mmio_write,
	.pio_read = pio_read,
	.pio_write = pio_write,
};

static void machine(enum x86_mode mode)
{
	u32 i;

	memset(space, 0, sizeof(space));
	memset(device, 0, sizeof(device));
	memset(gpr, 0, sizeof(gpr));
	ctx = (struct emu_ctx){
		.ops = &ops,
		.gpr = gpr,
		.mode = (u8)mode,
		.rip = 0x100,
		.rflags = 2,
		.fault_gpa = GPA(DEVICE_GPA + 0x10),
		.fault_write = true,
	};
	for (i = 0; i < X86_SEGS; i++)
		segs[i] = (struct emu_seg){
			.limit = mode == X86_MODE_16 ? 0xffff : 0xffffffff,
			.type = i == X86_CS ? 0xb : 0x3,
			.usable = true,
			.big = mode == X86_MODE_32,
		};
	fault_at = readonly_at = ~0ULL;
	port_reads = port_writes = device_reads = device_writes = 0;
	port_value = 0;
}

static int run(const char *bytes, u32 len)
{
	struct x86_insn insn;

	assert_int_equal(x86_decode((const u8 *)bytes, len,
				    (enum x86_mode)ctx.mode, &insn),
			 0);
	assert_int_equal(insn.len, len);
	return emu_mmio(&ctx, &insn);
}

#define RUN(s) run(s, sizeof(s) - 1)

static int run_pio(const char *bytes, u32 len)
{
	struct x86_insn insn;

	assert_int_equal(x86_decode((const u8 *)bytes, len,
				    (enum x86_mode)ctx.mode, &insn),
			 0);
	return emu_string_pio(&ctx, &insn);
}

#define RUN_PIO(s) run_pio(s, sizeof(s) - 1)

static void assert_fault(int ret, u8 vector)
{
	assert_int_equal(ret, -EFAULT);
	assert_int_equal(ctx.fault.vector, vector);
	assert_true(ctx.fault.has_error);
	assert_int_equal(ctx.rip, 0x100);
}

static void test_16_bit_addresses(void **state)
{
	(void)state;
	machine(X86_MODE_16);
	device[0x10] = 0x34;
	device[0x11] = 0x12;
	gpr[X86_RBX] = 0xffff8000; /* upper halves do not count */
	gpr[X86_RSI] = 0x10;
	gpr[X86_RAX] = 0xaaaaaaaa;
	assert_int_equal(RUN("\x8b\x00"), 0); /* mov ax, [bx+si] */
	assert_int_equal(gpr[X86_RAX], 0xaaaa1234);
	assert_int_equal(ctx.rip, 0x102);

	ctx.rip = 0x100;
	gpr[X86_RDI] = 0x9000; /* bx + di + disp wraps at 64 KiB */
	gpr[X86_RBX] = 0xf000;
	assert_int_equal(RUN("\x88\x41\x10"), 0); /* mov [bx+di+10h], al */
	assert_int_equal(device[0x10], 0x34);

	ctx.rip = 0x100;
	gpr[X86_RAX] = 0x55667788;
	assert_int_equal(RUN("\x66\xa3\x10\x80"), 0); /* mov [8010h], eax */
	assert_int_equal(device[0x13], 0x55);
}

static void test_16_bit_segment_base(void **state)
{
	(void)state;
	machine(X86_MODE_16);
	segs[X86_ES].base = 0x8000;
	gpr[X86_RAX] = 0x99;
	gpr[X86_RDI] = 0x10;
	assert_int_equal(RUN("\x26\x88\x05"), 0); /* mov es:[di], al */
	assert_int_equal(device[0x10], 0x99);
	/* bp means the stack segment */
	machine(X86_MODE_16);
	segs[X86_SS].base = 0x7000;
	gpr[X86_RBP] = 0x1010;
	gpr[X86_RAX] = 0x77;
	assert_int_equal(RUN("\x88\x46\x00"), 0); /* mov [bp], al */
	assert_int_equal(device[0x10], 0x77);
}

static void test_segment_limits(void **state)
{
	(void)state;
	machine(X86_MODE_32);
	gpr[X86_RBX] = DEVICE + 0x10;
	segs[X86_DS].limit = DEVICE + 0x13;
	assert_int_equal(RUN("\x89\x03"), 0); /* mov [ebx], eax */
	ctx.rip = 0x100;
	segs[X86_DS].limit = DEVICE + 0x12;
	assert_fault(RUN("\x89\x03"), 13);
	assert_int_equal(device_writes, 1);
	/* the stack segment raises #SS */
	gpr[X86_RBP] = DEVICE + 0x10;
	segs[X86_SS].limit = 0x1000;
	assert_fault(RUN("\x89\x45\x00"), 12); /* mov [ebp], eax */
	/* expand-down: below the limit is outside */
	segs[X86_DS] = (struct emu_seg){
		.limit = DEVICE + 0x10, .type = 0x7, .usable = true, .big = true
	};
	assert_fault(RUN("\x89\x03"), 13);
	segs[X86_DS].limit = DEVICE + 0xf;
	assert_int_equal(RUN("\x89\x03"), 0);
	/* and above 64 KiB too, if the segment is small */
	ctx.rip = 0x100;
	segs[X86_DS].big = false;
	gpr[X86_RBX] = 0x10010;
	assert_fault(RUN("\x89\x03"), 13);
}

static void test_segment_rights(void **state)
{
	(void)state;
	machine(X86_MODE_32);
	gpr[X86_RBX] = DEVICE + 0x10;
	segs[X86_DS].type = 0x1; /* read-only data */
	assert_int_equal(RUN("\x8b\x03"), 0);
	ctx.rip = 0x100;
	assert_fault(RUN("\x89\x03"), 13);
	assert_fault(RUN("\x01\x03"), 13);
	assert_fault(RUN("\x2e\x89\x03"), 13); /* code is never written */
	segs[X86_CS].type = 0x9;               /* execute-only */
	assert_fault(RUN("\x2e\x8b\x03"), 13);
	segs[X86_DS].usable = false;
	assert_fault(RUN("\x8b\x03"), 13);
	assert_int_equal(device_writes, 0);
}

static void test_canonical(void **state)
{
	(void)state;
	machine(X86_MODE_64);
	gpr[X86_RBX] = 0x0000800000000000ULL;
	assert_fault(RUN("\x8b\x03"), 13);
	gpr[X86_RBX] = 0x00007ffffffffffdULL; /* the last byte is outside */
	assert_fault(RUN("\x8b\x03"), 13);
	gpr[X86_RBP] = 0x8000000000000000ULL;
	assert_fault(RUN("\x8b\x45\x00"), 12);
	/* with five levels there is more room */
	ctx.la57 = true;
	ctx.fault_gpa = GPA(DEVICE_GPA);
	gpr[X86_RBX] = 0x0000800000000000ULL;
	assert_int_equal(RUN("\x8b\x03"), 0);
	assert_int_equal(device_reads, 1);
}

static void test_fs_base(void **state)
{
	(void)state;
	machine(X86_MODE_64);
	segs[X86_GS].base = DEVICE;
	device[0x10] = 0x42;
	/* movzx eax, byte gs:[10h], absolute */
	assert_int_equal(RUN("\x65\x0f\xb6\x04\x25\x10\x00\x00\x00"), 0);
	assert_int_equal(gpr[X86_RAX], 0x42);
	/* DS does not count */
	segs[X86_DS].base = 0x123456;
	gpr[X86_RBX] = DEVICE + 0x10;
	ctx.rip = 0x100;
	assert_int_equal(RUN("\x3e\x8a\x03"), 0);
	assert_int_equal(gpr[X86_RAX], 0x42);
}

/* The write is refused, so the read of the pair must not have happened. */
static void test_fault_before_device(void **state)
{
	(void)state;
	machine(X86_MODE_32);
	gpr[X86_RSI] = DEVICE + 0x10;
	gpr[X86_RDI] = 0x4000;
	fault_at = 0x4000;
	assert_fault(RUN("\xa5"), 14); /* movsd */
	assert_int_equal(ctx.fault.cr2, 0x4000);
	assert_int_equal(device_reads, 0);
	assert_int_equal(gpr[X86_RSI], DEVICE + 0x10);
	/* insb likewise does not touch the port */
	assert_int_equal(RUN_PIO("\x6c"), -EFAULT);
	assert_int_equal(port_reads, 0);
}

/* Taken for a read, an access must not become a write unchecked. */
static void test_read_fault_is_no_write_permit(void **state)
{
	(void)state;
	machine(X86_MODE_32);
	gpr[X86_RBX] = DEVICE + 0x10;
	readonly_at = DEVICE;
	ctx.fault_write = false;
	assert_fault(RUN("\x89\x03"), 14);
	assert_fault(RUN("\xf0\xff\x03"), 14); /* lock inc dword [ebx] */
	assert_int_equal(device_writes, 0);
	assert_int_equal(RUN("\x8b\x03"), 0);
	/* nor an access elsewhere */
	ctx.rip = 0x100;
	ctx.fault_write = true;
	gpr[X86_RBX] = DEVICE + 0x20;
	assert_fault(RUN("\x89\x03"), 14);
	assert_int_equal(device_writes, 0);
}

static void test_second_page_faults(void **state)
{
	(void)state;
	machine(X86_MODE_32);
	ctx.fault_gpa = GPA(DEVICE_GPA + 0xffe);
	gpr[X86_RBX] = DEVICE + 0xffe;
	gpr[X86_RAX] = 0x11223344;
	fault_at = DEVICE + 0x1000;
	assert_fault(RUN("\x89\x03"), 14);
	assert_int_equal(ctx.fault.cr2, DEVICE + 0x1000);
	assert_int_equal(device_writes, 0);
	fault_at = ~0ULL;
	assert_int_equal(RUN("\x89\x03"), 0);
	assert_int_equal(device[0xffe], 0x44);
	assert_int_equal(device[0xfff], 0x33);
	assert_int_equal(space[DEVICE + 0x1000], 0x22);
	assert_int_equal(space[DEVICE + 0x1001], 0x11);
}

static void test_rep_batch(void **state)
{
	u32 i;

	(void)state;
	machine(X86_MODE_64);
	gpr[X86_RCX] = 600;
	gpr[X86_RDI] = 0x1000;
	gpr[X86_RAX] = 0xab;
	for (i = 1; i <= 2; i++) {
		assert_int_equal(RUN("\xf3\xaa"), EMU_REPEAT); /* rep stosb */
		assert_int_equal(ctx.rip, 0x100);
		assert_int_equal(gpr[X86_RCX], 600 - i * EMU_REP_BATCH);
		assert_int_equal(gpr[X86_RDI], 0x1000 + i * EMU_REP_BATCH);
	}
	assert_int_equal(RUN("\xf3\xaa"), 0);
	assert_int_equal(ctx.rip, 0x102);
	assert_int_equal(gpr[X86_RCX], 0);
	for (i = 0; i < 600; i++)
		assert_int_equal(space[0x1000 + i], 0xab);
	assert_int_equal(space[0x1000 + 600], 0);
}

static void test_rep_count_width(void **state)
{
	(void)state;
	machine(X86_MODE_32);
	gpr[X86_RCX] = 0x10002; /* 16-bit addressing counts in cx */
	gpr[X86_RDI] = 0xffff1000;
	gpr[X86_RAX] = 0x11223344;
	assert_int_equal(RUN("\x67\xf3\xab"), 0);
	assert_int_equal(gpr[X86_RCX], 0x10000);
	assert_int_equal(gpr[X86_RDI], 0xffff1008);
	assert_int_equal(space[0x1007], 0x11);
	/* none at all */
	ctx.rip = 0x100;
	assert_int_equal(RUN("\x67\xf3\xab"), 0);
	assert_int_equal(gpr[X86_RDI], 0xffff1008);
	assert_int_equal(ctx.rip, 0x103);
}

/* A fault in the middle keeps what was done before it. */
static void test_rep_fault(void **state)
{
	(void)state;
	machine(X86_MODE_32);
	gpr[X86_RCX] = 16;
	gpr[X86_RDI] = 0x2000 - 12;
	fault_at = 0x2000;
	assert_fault(RUN("\xf3\xab"), 14);
	assert_int_equal(gpr[X86_RCX], 13);
	assert_int_equal(gpr[X86_RDI], 0x2000);
	assert_int_equal(ctx.fault.cr2, 0x2000);
}

static void test_scan(void **state)
{
	(void)state;
	machine(X86_MODE_32);
	memset(device, 'x', 64);
	device[20] = 'y';
	gpr[X86_RCX] = 100;
	gpr[X86_RDI] = DEVICE;
	gpr[X86_RAX] = 'y';
	assert_int_equal(RUN("\xf2\xae"), 0); /* repne scasb */
	assert_int_equal(gpr[X86_RDI], DEVICE + 21);
	assert_int_equal(gpr[X86_RCX], 79);
	assert_true(ctx.rflags & RFLAGS_ZF);
	assert_int_equal(device_reads, 21);
}

static void test_ins(void **state)
{
	(void)state;
	machine(X86_MODE_32);
	port_value = 0x12345600;
	gpr[X86_RCX] = 3;
	gpr[X86_RDX] = 0xffff01f0;
	gpr[X86_RDI] = 0x3000;
	assert_int_equal(RUN_PIO("\xf3\x66\x6d"), 0); /* rep insw */
	assert_int_equal(last_port, 0x1f0);
	assert_int_equal(port_reads, 3);
	assert_int_equal(gpr[X86_RDI], 0x3006);
	assert_int_equal(gpr[X86_RCX], 0);
	assert_memory_equal(space + 0x3000, "\x00\x56\x01\x56\x02\x56\0", 7);
	/* downwards */
	ctx.rip = 0x100;
	ctx.rflags |= RFLAGS_DF;
	assert_int_equal(RUN_PIO("\x6c"), 0);
	assert_int_equal(gpr[X86_RDI], 0x3005);
	assert_int_equal(space[0x3006], 0x03);
}

static void test_outs(void **state)
{
	(void)state;
	machine(X86_MODE_64);
	segs[X86_FS].base = 0x2000;
	memcpy(space + 0x2010, "\x11\x22\x33\x44", 4);
	memcpy(space + 0x10, "\xaa\xbb\xcc\xdd", 4);
	gpr[X86_RDX] = 0x3f8;
	gpr[X86_RSI] = 0x10;
	assert_int_equal(RUN_PIO("\x64\x6f"), 0); /* outsd from fs */
	assert_int_equal(port_value, 0x44332211);
	assert_int_equal(gpr[X86_RSI], 0x14);
	gpr[X86_RSI] = 0x10;
	ctx.rip = 0x100;
	assert_int_equal(RUN_PIO("\x6e"), 0);
	assert_int_equal(port_value, 0xaa);
	/* 32-bit addresses clear the upper half of rsi */
	gpr[X86_RSI] = 0x500000010ULL;
	ctx.rip = 0x100;
	assert_int_equal(RUN_PIO("\x67\x6e"), 0);
	assert_int_equal(gpr[X86_RSI], 0x11);
	assert_int_equal(port_writes, 3);
}

static void test_port_string_is_only_that(void **state)
{
	(void)state;
	machine(X86_MODE_32);
	assert_int_equal(RUN_PIO("\xa4"), -EINVAL);
	assert_int_equal(ctx.rip, 0x100);
}

static void test_stack(void **state)
{
	(void)state;
	machine(X86_MODE_32);
	device[0x10] = 0x78;
	device[0x11] = 0x56;
	gpr[X86_RBX] = DEVICE + 0x10;
	gpr[X86_RSP] = 0x5000;
	assert_int_equal(RUN("\xff\x33"), 0); /* push dword [ebx] */
	assert_int_equal(gpr[X86_RSP], 0x4ffc);
	assert_int_equal(space[0x4ffc], 0x78);
	/* a 16-bit stack pointer wraps, and leaves the upper half alone */
	segs[X86_SS].big = false;
	gpr[X86_RSP] = 0xabcd0000;
	ctx.rip = 0x100;
	assert_int_equal(RUN("\xff\x33"), 0);
	assert_int_equal(gpr[X86_RSP], 0xabcdfffc);
	assert_int_equal(space[0xfffc], 0x78);
	ctx.rip = 0x100;
	memset(device, 0, sizeof(device));
	assert_int_equal(RUN("\x8f\x03"), 0); /* pop dword [ebx] */
	assert_int_equal(device[0x10], 0x78);
	assert_int_equal(gpr[X86_RSP], 0xabcd0000);
}

static void test_call(void **state)
{
	(void)state;
	machine(X86_MODE_32);
	device[0x11] = 0x30;
	gpr[X86_RBX] = DEVICE + 0x10;
	gpr[X86_RSP] = 0x5000;
	assert_int_equal(RUN("\xff\x13"), 0); /* call [ebx] */
	assert_int_equal(ctx.rip, 0x3000);
	assert_int_equal(space[0x4ffc], 0x02);
	assert_int_equal(space[0x4ffd], 0x01);
	/* beyond the code segment nothing is pushed */
	ctx.rip = 0x100;
	segs[X86_CS].limit = 0x2fff;
	assert_fault(RUN("\xff\x13"), 13);
	assert_int_equal(gpr[X86_RSP], 0x4ffc);
	/* nor to an address that is none */
	machine(X86_MODE_64);
	memset(device + 0x10, 0x90, 8);
	gpr[X86_RBX] = DEVICE + 0x10;
	gpr[X86_RSP] = 0x5000;
	assert_fault(RUN("\xff\x13"), 13);
	assert_int_equal(gpr[X86_RSP], 0x5000);
}

static void test_cmpxchg16b_alignment(void **state)
{
	(void)state;
	machine(X86_MODE_64);
	gpr[X86_RDI] = DEVICE + 0x18;
	assert_fault(RUN("\x48\x0f\xc7\x0f"), 13);
	gpr[X86_RDI] = DEVICE + 0x10;
	gpr[X86_RBX] = 0x1111;
	gpr[X86_RCX] = 0x2222;
	assert_int_equal(RUN("\xf0\x48\x0f\xc7\x0f"), 0);
	assert_true(ctx.rflags & RFLAGS_ZF);
	assert_int_equal(device[0x10], 0x11);
	assert_int_equal(device[0x18], 0x22);
}

static void test_resume_flag(void **state)
{
	(void)state;
	machine(X86_MODE_32);
	gpr[X86_RBX] = DEVICE + 0x10;
	ctx.rflags |= RFLAGS_RF;
	assert_int_equal(RUN("\x8b\x03"), 0);
	assert_false(ctx.rflags & RFLAGS_RF);
}

static void test_flush(void **state)
{
	(void)state;
	machine(X86_MODE_64);
	gpr[X86_RBX] = DEVICE + 0x10;
	assert_int_equal(RUN("\x0f\xae\x3b"), 0);
	assert_int_equal(ctx.rip, 0x103);
	assert_int_equal(device_reads + device_writes, 0);
}

static void test_refused(void **state)
{
	(void)state;
	machine(X86_MODE_64);
	assert_int_equal(RUN("\x0f\x10\x03"), -EINVAL); /* movups */
	assert_int_equal(RUN("\xf7\x33"), -EINVAL);     /* div */
	assert_int_equal(RUN("\x0f\xa2"), -EINVAL);     /* cpuid */
	assert_int_equal(RUN("\xf4"), -EINVAL);         /* hlt */
	assert_int_equal(ctx.rip, 0x100);
	assert_int_equal(device_reads + device_writes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_16_bit_addresses),
		cmocka_unit_test(test_16_bit_segment_base),
		cmocka_unit_test(test_segment_limits),
		cmocka_unit_test(test_segment_rights),
		cmocka_unit_test(test_canonical),
		cmocka_unit_test(test_fs_base),
		cmocka_unit_test(test_fault_before_device),
		cmocka_unit_test(test_read_fault_is_no_write_permit),
		cmocka_unit_test(test_second_page_faults),
		cmocka_unit_test(test_rep_batch),
		cmocka_unit_test(test_rep_count_width),
		cmocka_unit_test(test_rep_fault),
		cmocka_unit_test(test_scan),
		cmocka_unit_test(test_ins),
		cmocka_unit_test(test_outs),
		cmocka_unit_test(test_port_string_is_only_that),
		cmocka_unit_test(test_stack),
		cmocka_unit_test(test_call),
		cmocka_unit_test(test_cmpxchg16b_alignment),
		cmocka_unit_test(test_resume_flag),
		cmocka_unit_test(test_flush),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests_name("emulate", tests, NULL, NULL);
}
