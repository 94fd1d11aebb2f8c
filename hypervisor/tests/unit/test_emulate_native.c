/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The emulator against this CPU: random instructions on random registers,
 * executed by both; registers, flags, memory and rip must be the same. The
 * device is a page pair whose every access may have to be asked for twice.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "emulate_host.h"
#include "guest/x86/decode_table.h"
#include "guest/x86/emulate_priv.h"
#include "lib/errno.h"

#define DEVICE_GPA_0 0xfe000000ULL
#define DEVICE_GPA_1 0xfd000000ULL
#define RUNS         200000

static struct host_cpu cpu;

/* The emulated side's copies of what the CPU works on. */
static u8 device[HOST_REGION];
static u8 ram[HOST_REGION];
static u64 gpr[16];
static struct emu_ctx ctx;

/* The access that was answered "not yet", asked for again. */
static struct {
	bool waiting;
	u64 gpa;
	u32 size;
	bool write;
} pending;

static u32 accesses;
static u64 seed = 0x2545f4914f6cdd1dULL;

static u64 rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed * 0x9e3779b97f4a7c15ULL >> 8 | seed << 56;
}

static u64 rnd_value(void)
{
	static const u64 special[] = { 0,           1,          ~0ULL,
				       0x7f,        0x80,       0x7fff,
				       0x8000,      0x7fffffff, 0x80000000,
				       0x100000000, BIT64(63),  ~0ULL >> 1 };

	if (rnd() % 3 == 0)
		return special[rnd() % ARRAY_SIZE(special)];
	return rnd() ^ rnd() << 32;
}

static void seg_get(struct emu_ctx *c, enum x86_seg seg, struct emu_seg *out)
{
	(void)c;
	(void)out;
	fail_msg("segment %d asked for", seg);
}

static u8 *emulated_byte(gva_t gva, u32 len)
{
	u64 d = gva.v - (u64)(uintptr_t)cpu.device;
	u64 r = gva.v - (u64)(uintptr_t)cpu.ram;

	if (d < HOST_REGION && d + len <= HOST_REGION)
		return device + d;
	if (r < HOST_REGION && r + len <= HOST_REGION)
		return ram + r;
	fail_msg("access outside: %#llx", (unsigned long long)gva.v);
	return NULL;
}

static int mem_read(struct emu_ctx *c, gva_t gva, void *buf, u32 len)
{
	(void)c;
	memcpy(buf, emulated_byte(gva, len), len);
	return 0;
}

static int mem_write(struct emu_ctx *c, gva_t gva, const void *buf, u32 len)
{
	(void)c;
	memcpy(emulated_byte(gva, len), buf, len);
	return 0;
}

static u64 gpa_of(u64 offset)
{
	return offset < 4096 ? DEVICE_GPA_0 + offset
			     : DEVICE_GPA_1 + offset - 4096;
}

static int gva_to_target(struct emu_ctx *c, gva_t gva, u32 len, bool write,
			 bool *is_mmio, gpa_t *gpa)
{
	u8 *p = emulated_byte(gva, len);

	(void)c;
	(void)write;
	assert_true((gva.v & 4095) + len <= 4096);
	*is_mmio = p >= device && p < device + HOST_REGION;
	*gpa = GPA(*is_mmio ? gpa_of((u64)(p - device)) : gva.v);
	return 0;
}

static bool not_yet(gpa_t gpa, u32 size, bool write)
{
	assert_true(size == 1 || size == 2 || size == 4 || size == 8);
	if (pending.waiting) {
		assert_int_equal(pending.gpa, gpa.v);
		assert_int_equal(pending.size, size);
		assert_int_equal(pending.write, write);
		pending.waiting = false;
		return false;
	}
	if (rnd() % 4)
		return false;
	pending.waiting = true;
	pending.gpa = gpa.v;
	pending.size = size;
	pending.write = write;
	return true;
}

static u8 *device_byte(gpa_t gpa, u32 size)
{
	u64 offset = gpa.v >= DEVICE_GPA_0 ? gpa.v - DEVICE_GPA_0
					   : gpa.v - DEVICE_GPA_1 + 4096;

	assert_true((gpa.v & 4095) + size <= 4096);
	assert_true(offset + size <= HOST_REGION);
	accesses++;
	return device + offset;
}

static int mmio_read(struct emu_ctx *c, gpa_t gpa, u32 size, u64 *val)
{
	(void)c;
	if (not_yet(gpa, size, false))
		return -EAGAIN;
	*val = 0;
	memcpy(val, device_byte(gpa, size), size);
	return 0;
}

static int mmio_write(struct emu_ctx *c, gpa_t gpa, u32 size, u64 val)
{
	(void)c;
	if (not_yet(gpa, size, true))
		return -EAGAIN;
	memcpy(device_byte(gpa, size), &val, size);
	return 0;
}

static const struct emu_ops ops = {
	.seg_get = seg_get,
	.mem_read = mem_read,
	.mem_write = mem_write,
	.gva_to_target = gva_to_target,
	.mmio_read = mmio_read,
	.mmio_write = mmio_write,
};

/* One case: the instruction and where its memory operand is to lie. */
struct trial {
	u8 bytes[X86_INSN_MAX];
	struct x86_insn insn;
	u64 target;
};

/* Opcodes that the emulator executes, and some that it does not. */
static u32 random_opcode(u8 *b)
{
	static const u8 one[] = { 0x63, 0x69, 0x6b, 0x80, 0x81, 0x83, 0x84,
				  0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8b,
				  0x8f, 0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5,
				  0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xab, 0xac,
				  0xad, 0xae, 0xaf, 0xc0, 0xc1, 0xc6, 0xc7,
				  0xd0, 0xd1, 0xd2, 0xd3, 0xf6, 0xf7, 0xfe,
				  0xff };
	static const u8 two[] = { 0xa3, 0xab, 0xaf, 0xb0, 0xb1, 0xb3,
				  0xb6, 0xb7, 0xba, 0xbb, 0xbe, 0xbf,
				  0xc0, 0xc1, 0xc3, 0xc7 };
	u32 n = 0;

	switch (rnd() % 8) {
	case 0:
	case 1:
		b[n++] = (u8)(rnd() % 0x40);
		return n;
	case 2:
	case 3:
	case 4:
		b[n++] = one[rnd() % sizeof(one)];
		return n;
	case 5:
		b[n++] = 0x0f;
		b[n++] = (u8)((rnd() & 1 ? 0x40 : 0x90) + rnd() % 16);
		return n;
	case 6:
		b[n++] = 0x0f;
		b[n++] = two[rnd() % sizeof(two)];
		return n;
	default:
		b[n++] = 0x0f;
		b[n++] = 0x38;
		b[n++] = (u8)(0xf0 + rnd() % 2);
		return n;
	}
}

static void random_bytes(struct trial *t)
{
	static const u8 prefix[] = { 0x66, 0x67, 0xf2, 0xf3, 0xf0, 0x2e, 0x36 };
	u32 n = 0;
	u32 i;

	for (i = 0; i < sizeof(t->bytes); i++)
		t->bytes[i] = (u8)(rnd() >> 16);
	while (n < 3 && rnd() % 3 == 0)
		t->bytes[n++] = prefix[rnd() % sizeof(prefix)];
	if (rnd() & 1)
		t->bytes[n++] = (u8)(0x40 | rnd() % 16);
	random_opcode(t->bytes + n);
	/* POP to and PUSH from [rsp + disp8], too rare by chance. */
	if (rnd() % 64 == 0)
		memcpy(t->bytes + n,
		       rnd() & 1 ? "\x8f\x44\x24" : "\xff\x74\x24", 3);
}

/* Kinds both sides can run: no privilege, no exception. */
static bool runnable(const struct x86_insn *insn)
{
	switch (insn->op->kind) {
	case X86_OP_DIV:
	case X86_OP_IDIV:
	case X86_OP_INS:
	case X86_OP_OUTS:
	case X86_OP_SSE_MOV:
		return false;
	case X86_OP_CALL:
	case X86_OP_JMP:
		return insn->is_mem;
	default:
		return insn->op->kind < X86_OP_IN ||
		       insn->op->kind == X86_OP_PUSH ||
		       insn->op->kind == X86_OP_POP;
	}
}

static bool uses_stack(const struct x86_insn *insn)
{
	return insn->op->kind == X86_OP_PUSH || insn->op->kind == X86_OP_POP ||
	       insn->op->kind == X86_OP_CALL;
}

static u32 imm_bytes(const struct x86_insn *insn)
{
	u32 flags = insn->op->flags;

	switch (insn->opcode) {
	case 0x80:
	case 0x83:
	case 0xc0:
	case 0xc1:
	case 0xc6:
		return insn->map == X86_MAP_1;
	case 0xba:
		return 1;
	case 0x81:
	case 0xc7:
		if (insn->map == X86_MAP_1)
			return insn->opsize == 2 ? 2 : 4;
		return 0;
	default:
		break;
	}
	if (flags & (X86_D_IMM8 | X86_D_IMMU8))
		return 1;
	if (flags & X86_D_IMMZ)
		return insn->opsize == 2 ? 2 : 4;
	return 0;
}

/* Write the displacement that leads to the target, where no base can. */
static bool aim_displacement(struct trial *t)
{
	struct x86_insn *insn = &t->insn;
	u32 size = insn->op->form == X86_F_A_MOFFS ||
				   insn->op->form == X86_F_MOFFS_A
			   ? insn->addrsize
			   : 4;
	u32 at = insn->len - imm_bytes(insn) - size;
	u64 disp = t->target;

	if (insn->index != X86_REG_NONE)
		disp -= gpr[insn->index] * insn->scale;
	if (insn->rip_rel)
		disp -= (u64)(uintptr_t)cpu.code + insn->len;
	if (size == 4 && insn->addrsize == 8 &&
	    emu_sign_extend(disp, 4) != disp)
		return false;
	memcpy(t->bytes + at, &disp, size);
	return x86_decode(t->bytes, X86_INSN_MAX, X86_MODE_64, insn) == 0;
}

static bool inside(u64 addr, const u8 *region, u32 len)
{
	u64 off = addr - (u64)(uintptr_t)region;

	return off >= 64 && off < HOST_REGION && off + len + 64 <= HOST_REGION;
}

/* The operand's address, computed apart from the emulator. */
static u64 address(const struct x86_insn *insn)
{
	u64 mask = insn->addrsize == 4 ? 0xffffffff : ~0ULL;
	u64 a = insn->disp;
	int64_t bit;

	if (insn->base != X86_REG_NONE)
		a += gpr[insn->base];
	if (insn->index != X86_REG_NONE)
		a += gpr[insn->index] * insn->scale;
	if (insn->rip_rel)
		a += (u64)(uintptr_t)cpu.code + insn->len;
	if (insn->op->kind == X86_OP_POP && insn->base == X86_RSP)
		a += insn->opsize;
	if (insn->op->form == X86_F_RM_R && insn->op->kind >= X86_OP_BT &&
	    insn->op->kind <= X86_OP_BTC) {
		bit = (int64_t)emu_sign_extend(gpr[insn->reg], insn->opsize);
		/* rounds down, as the CPU does, not to zero */
		a += (u64)((bit -
			    (bit % (8 * insn->opsize) + 8 * insn->opsize) %
				    (8 * insn->opsize)) /
			   8);
	}
	return a & mask;
}

/* Choose registers so that the operand lies on the device. */
static bool aim(struct trial *t)
{
	struct x86_insn *insn = &t->insn;
	u32 align = rnd() % 4 ? 1 : 4096;
	u64 offset = 64 + rnd() % (HOST_REGION - 192);
	u64 a;

	/* Near the page boundary often, to cross it. */
	if (align == 4096)
		offset = 4096 - rnd() % 16;
	if (insn->op->kind == X86_OP_CMPXCHG8B)
		offset &= ~15ULL;
	t->target = (u64)(uintptr_t)cpu.device + offset;
	if (insn->op->kind >= X86_OP_BT && insn->op->kind <= X86_OP_BTC)
		gpr[insn->reg] = (u64)((int64_t)(rnd() % 400) - 200);
	if (insn->base == X86_REG_NONE) {
		if (!aim_displacement(t))
			return false;
	} else if (!uses_stack(insn) || insn->base != X86_RSP) {
		gpr[insn->base] += t->target - address(insn);
	}
	a = address(insn);
	t->target = a;
	if (insn->op->kind == X86_OP_CMPXCHG8B && insn->opsize == 8 && a & 15)
		return false;
	return inside(a, cpu.device, 16) || inside(a, cpu.ram, 16);
}

static void aim_string(const struct x86_insn *insn)
{
	u8 *region = rnd() & 1 ? cpu.device : cpu.ram;

	gpr[X86_RSI] = (u64)(uintptr_t)region + 2048 + rnd() % 4096;
	region = rnd() & 1 ? cpu.device : cpu.ram;
	gpr[X86_RDI] = (u64)(uintptr_t)region + 2048 + rnd() % 4096;
	if (insn->rep || insn->repne)
		gpr[X86_RCX] = rnd() % 40;
}

static void randomize_state(void)
{
	u32 i;

	for (i = 0; i < 16; i++)
		gpr[i] = rnd_value();
	for (i = 0; i < HOST_REGION; i += 8) {
		u64 d = rnd();
		u64 r = rnd();

		memcpy(device + i, &d, 8);
		memcpy(ram + i, &r, 8);
	}
	ctx.rflags = 0x202 | (rnd() & (RFLAGS_ARITH | RFLAGS_DF));
}

/* Repeating memory, so that CMPS and SCAS with REPE have a way to go. */
static void flatten_some(void)
{
	if (rnd() % 4)
		return;
	memset(device, 0x5a, sizeof(device));
	memset(ram, 0x5a, sizeof(ram));
	gpr[X86_RAX] = 0x5a5a5a5a5a5a5a5aULL;
}

static bool prepare(struct trial *t)
{
	random_bytes(t);
	if (x86_decode(t->bytes, X86_INSN_MAX, X86_MODE_64, &t->insn) ||
	    !runnable(&t->insn) || t->insn.seg >= X86_FS)
		return false;
	host_cpu_place(&cpu, t->bytes, t->insn.len);
	randomize_state();
	if (uses_stack(&t->insn))
		gpr[X86_RSP] = (u64)(uintptr_t)cpu.ram + 1024 + rnd() % 4096;
	t->target = 0;
	if (t->insn.op->form == X86_F_STRING) {
		aim_string(&t->insn);
		flatten_some();
	} else if (t->insn.is_mem && !aim(t)) {
		return false;
	}
	host_cpu_place(&cpu, t->bytes, t->insn.len);
	return true;
}

/* Where JMP and CALL lead on: to the end of the instruction. */
static void plant_branch_target(const struct trial *t)
{
	u64 landing = (u64)(uintptr_t)cpu.code + t->insn.len;

	if (t->insn.op->kind == X86_OP_CALL || t->insn.op->kind == X86_OP_JMP)
		memcpy(emulated_byte(GVA(t->target), 8), &landing, 8);
}

static u64 shift_count(const struct trial *t)
{
	u64 count = t->insn.imm;

	if (t->insn.op->form == X86_F_RM_1)
		count = 1;
	if (t->insn.op->form == X86_F_RM_CL)
		count = cpu.gpr[X86_RCX];
	return count & (t->insn.opsize == 8 ? 63 : 31);
}

/* Flags the manuals leave undefined; @t is before execution. */
static u64 undefined_flags(const struct trial *t)
{
	u8 kind = t->insn.op->kind;
	u64 count;
	u64 f = 0;

	switch (kind) {
	case X86_OP_AND:
	case X86_OP_OR:
	case X86_OP_XOR:
	case X86_OP_TEST:
		return RFLAGS_AF;
	case X86_OP_MUL:
	case X86_OP_IMUL:
	case X86_OP_IMUL_R:
		return RFLAGS_SF | RFLAGS_ZF | RFLAGS_AF | RFLAGS_PF;
	case X86_OP_BT:
	case X86_OP_BTS:
	case X86_OP_BTR:
	case X86_OP_BTC:
		return RFLAGS_OF | RFLAGS_SF | RFLAGS_AF | RFLAGS_PF;
	default:
		break;
	}
	if (kind < X86_OP_ROL || kind > X86_OP_SAR)
		return 0;
	count = shift_count(t);
	if (count == 0)
		return 0;
	if (count != 1)
		f |= RFLAGS_OF;
	if (kind >= X86_OP_SHL)
		f |= RFLAGS_AF;
	if (kind >= X86_OP_SHL && kind != X86_OP_SAR &&
	    count >= 8U * t->insn.opsize)
		f |= RFLAGS_CF;
	return f;
}

static void show(const struct trial *t)
{
	u32 i;

	for (i = 0; i < t->insn.len; i++)
		print_error("%02x ", t->bytes[i]);
	print_error(" target %#llx\n", (unsigned long long)t->target);
}

static void compare(const struct trial *t, u64 ignore)
{
	u64 diff = (cpu.rflags ^ ctx.rflags) & ~ignore &
		   (RFLAGS_ARITH | RFLAGS_DF);
	u32 i;

	if (diff) {
		show(t);
		fail_msg("flags are %#llx, should be %#llx",
			 (unsigned long long)ctx.rflags,
			 (unsigned long long)cpu.rflags);
	}
	for (i = 0; i < 16; i++) {
		if (gpr[i] == cpu.gpr[i])
			continue;
		show(t);
		fail_msg("register %u is %#llx, should be %#llx", i,
			 (unsigned long long)gpr[i],
			 (unsigned long long)cpu.gpr[i]);
	}
	if (memcmp(device, cpu.device, HOST_REGION) ||
	    memcmp(ram, cpu.ram, HOST_REGION)) {
		show(t);
		fail_msg("memory differs");
	}
	assert_int_equal(ctx.rip, (u64)(uintptr_t)cpu.code + t->insn.len);
}

static void name_faulting_access(const struct trial *t)
{
	u64 off = t->target - (u64)(uintptr_t)cpu.device;

	/* No byte of the operand has this offset in its page. */
	ctx.fault_gpa = GPA((t->target & 4095) ^ 64);
	ctx.fault_write = rnd() & 1;
	if (t->insn.is_mem && off < HOST_REGION && rnd() % 8)
		ctx.fault_gpa = GPA(gpa_of(off));
}

static void run_both(struct trial *t)
{
	u64 ignore;
	int ret;

	plant_branch_target(t);
	memcpy(cpu.device, device, HOST_REGION);
	memcpy(cpu.ram, ram, HOST_REGION);
	memcpy(cpu.gpr, gpr, sizeof(gpr));
	cpu.rflags = ctx.rflags;
	ignore = undefined_flags(t);
	ctx.rip = (u64)(uintptr_t)cpu.code;
	name_faulting_access(t);

	host_cpu_run(&cpu);
	do {
		ret = emu_mmio(&ctx, &t->insn);
	} while (ret == -EAGAIN);
	if (ret) {
		show(t);
		fail_msg("emulation returns %d", ret);
	}
	assert_false(pending.waiting);
	assert_int_equal(ctx.log.count, 0);
	compare(t, ignore);
}

static void test_random_instructions(void **state)
{
	u32 ran[X86_OP_KINDS] = { 0 };
	struct trial t;
	u32 done = 0;
	u32 kind;

	(void)state;
	ctx = (struct emu_ctx){ .ops = &ops, .gpr = gpr, .mode = X86_MODE_64 };
	while (done < RUNS) {
		if (!prepare(&t))
			continue;
		run_both(&t);
		ran[t.insn.op->kind]++;
		done++;
	}
	for (kind = X86_OP_ADD; kind < X86_OP_IN; kind++) {
		if (kind == X86_OP_DIV || kind == X86_OP_IDIV ||
		    kind == X86_OP_INS || kind == X86_OP_OUTS)
			continue;
		if (ran[kind] < 100)
			fail_msg("kind %u ran %u times", kind, ran[kind]);
	}
	assert_true(ran[X86_OP_PUSH] > 100 && ran[X86_OP_POP] > 100);
	assert_true(ran[X86_OP_CALL] > 100 && ran[X86_OP_JMP] > 100);
	assert_true(accesses > RUNS / 2);
}

static int setup(void **state)
{
	(void)state;
	return host_cpu_open(&cpu);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_instructions),
	};

	return cmocka_run_group_tests_name("emulate_native", tests, setup,
					   NULL);
}
