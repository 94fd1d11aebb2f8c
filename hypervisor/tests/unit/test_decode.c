/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The decoder against two disassemblers: every opcode with every ModRM under
 * every interesting prefix, and random byte strings. What we accept must be
 * what they see; what is in our list must not be refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "decode_oracle.h"
#include "guest/x86/decode_table.h"
#include "lib/errno.h"

/* Names zydis gives the kinds; a * at the end matches any rest. */
/* clang-format off */
static const char *const kind_name[X86_OP_KINDS] = {
	[X86_OP_ADD] = "add", [X86_OP_OR] = "or", [X86_OP_ADC] = "adc",
	[X86_OP_SBB] = "sbb", [X86_OP_AND] = "and", [X86_OP_SUB] = "sub",
	[X86_OP_XOR] = "xor", [X86_OP_CMP] = "cmp", [X86_OP_ROL] = "rol",
	[X86_OP_ROR] = "ror", [X86_OP_RCL] = "rcl", [X86_OP_RCR] = "rcr",
	[X86_OP_SHL] = "shl", [X86_OP_SHR] = "shr", [X86_OP_SAL] = "shl",
	[X86_OP_SAR] = "sar", [X86_OP_BT] = "bt", [X86_OP_BTS] = "bts",
	[X86_OP_BTR] = "btr", [X86_OP_BTC] = "btc", [X86_OP_MOV] = "mov|movnti",
	[X86_OP_MOVZX] = "movzx", [X86_OP_MOVSX] = "movsx|movsxd",
	[X86_OP_MOVBE] = "movbe", [X86_OP_TEST] = "test", [X86_OP_NOT] = "not",
	[X86_OP_NEG] = "neg", [X86_OP_INC] = "inc", [X86_OP_DEC] = "dec",
	[X86_OP_MUL] = "mul", [X86_OP_IMUL] = "imul", [X86_OP_DIV] = "div",
	[X86_OP_IDIV] = "idiv", [X86_OP_IMUL_R] = "imul",
	[X86_OP_XCHG] = "xchg", [X86_OP_XADD] = "xadd",
	[X86_OP_CMPXCHG] = "cmpxchg",
	[X86_OP_CMPXCHG8B] = "cmpxchg8b|cmpxchg16b",
	[X86_OP_SETCC] = "set*", [X86_OP_CMOVCC] = "cmov*",
	[X86_OP_MOVS] = "movsb|movsw|movsd|movsq",
	[X86_OP_STOS] = "stosb|stosw|stosd|stosq",
	[X86_OP_LODS] = "lodsb|lodsw|lodsd|lodsq",
	[X86_OP_CMPS] = "cmpsb|cmpsw|cmpsd|cmpsq",
	[X86_OP_SCAS] = "scasb|scasw|scasd|scasq",
	[X86_OP_INS] = "insb|insw|insd", [X86_OP_OUTS] = "outsb|outsw|outsd",
	[X86_OP_IN] = "in", [X86_OP_OUT] = "out", [X86_OP_PUSH] = "push",
	[X86_OP_POP] = "pop", [X86_OP_CALL] = "call", [X86_OP_JMP] = "jmp",
	[X86_OP_SSE_MOV] = "movups|movaps|movupd|movapd|movdqa|movdqu|"
			   "movntps|movntpd|movntdq",
	[X86_OP_CLFLUSH] = "clflush|clflushopt|clwb",
	[X86_OP_NOP] = "nop", [X86_OP_CPUID] = "cpuid",
	[X86_OP_RDMSR] = "rdmsr", [X86_OP_WRMSR] = "wrmsr",
	[X86_OP_HLT] = "hlt", [X86_OP_VMMCALL] = "vmmcall",
	[X86_OP_VMCALL] = "vmcall", [X86_OP_MOV_FROM_CR] = "mov",
	[X86_OP_MOV_TO_CR] = "mov", [X86_OP_MOV_FROM_DR] = "mov",
	[X86_OP_MOV_TO_DR] = "mov", [X86_OP_CLTS] = "clts",
	[X86_OP_LMSW] = "lmsw", [X86_OP_SMSW] = "smsw",
	[X86_OP_XSETBV] = "xsetbv", [X86_OP_XGETBV] = "xgetbv",
	[X86_OP_INVD] = "invd", [X86_OP_WBINVD] = "wbinvd",
	[X86_OP_INVLPG] = "invlpg", [X86_OP_RDTSC] = "rdtsc",
	[X86_OP_RDTSCP] = "rdtscp", [X86_OP_RDPMC] = "rdpmc",
	[X86_OP_PAUSE] = "pause", [X86_OP_MONITOR] = "monitor",
	[X86_OP_MWAIT] = "mwait", [X86_OP_CLGI] = "clgi",
	[X86_OP_STGI] = "stgi", [X86_OP_VMRUN] = "vmrun",
	[X86_OP_VMLOAD] = "vmload", [X86_OP_VMSAVE] = "vmsave",
	[X86_OP_SKINIT] = "skinit", [X86_OP_INVLPGA] = "invlpga",
};
/* clang-format on */

static bool name_matches(const char *list, const char *name)
{
	size_t n = strlen(name);
	const char *end;

	for (; list; list = *end ? end + 1 : NULL) {
		end = list + strcspn(list, "|");
		if (end[-1] == '*' &&
		    !strncmp(list, name, (size_t)(end - list) - 1))
			return true;
		if ((size_t)(end - list) == n && !strncmp(list, name, n))
			return true;
	}
	return false;
}

static const char *hex(const u8 *bytes)
{
	static char text[64];
	u32 i;

	for (i = 0; i < X86_INSN_MAX; i++)
		sprintf(text + 3 * i, "%02x ", bytes[i]);
	return text;
}

static void complain(const char *oracle, const char *what, const u8 *bytes,
		     enum x86_mode mode, u64 ours, u64 theirs)
{
	fail_msg("%s, mode %d, %s: %s is %#llx, should be %#llx", oracle, mode,
		 hex(bytes), what, (unsigned long long)ours,
		 (unsigned long long)theirs);
}

#define AGREE(what, ours, theirs)                                        \
	do {                                                             \
		if ((u64)(ours) != (u64)(theirs))                        \
			complain(oracle, what, bytes, mode, (u64)(ours), \
				 (u64)(theirs));                         \
	} while (0)

/* @size: width the displacement has after wrapping. */
static void compare_mem(const char *oracle, const u8 *bytes, enum x86_mode mode,
			const struct x86_insn *ours,
			const struct oracle_insn *theirs)
{
	u64 mask = ~(u64)0 >> (64 - 8 * ours->addrsize);

	AGREE("base", ours->base, theirs->base);
	AGREE("index", ours->index, theirs->index);
	if (ours->index != X86_REG_NONE)
		AGREE("scale", ours->scale, theirs->scale);
	AGREE("disp", ours->disp & mask, theirs->disp & mask);
	AGREE("rip_rel", ours->rip_rel, theirs->rip_rel);
}

static void compare(const char *oracle, const u8 *bytes, enum x86_mode mode,
		    const struct x86_insn *ours,
		    const struct oracle_insn *theirs)
{
	bool string = ours->op->form == X86_F_STRING;
	u64 mask = ~(u64)0 >> (64 - 8 * MIN(ours->opsize, 8));

	AGREE("length", ours->len, theirs->len);
	AGREE("is_mem", ours->is_mem, theirs->has_mem && !string);
	if (ours->is_mem)
		compare_mem(oracle, bytes, mode, ours, theirs);
	if (theirs->has_imm && ours->op->form != X86_F_RM_1)
		AGREE("imm", ours->imm & mask, theirs->imm & mask);
}

static bool system_kind(u32 kind)
{
	return kind >= X86_OP_CLFLUSH;
}

/* Port I/O ends at 4 bytes and MOVNTI begins there: zydis tells neither. */
static bool opsize_matters(const struct x86_insn *insn)
{
	switch (insn->op->kind) {
	case X86_OP_INS:
	case X86_OP_OUTS:
	case X86_OP_IN:
	case X86_OP_OUT:
		return insn->opsize < 4;
	case X86_OP_SSE_MOV:
		return false;
	default:
		return !system_kind(insn->op->kind) && insn->opcode != 0xc3;
	}
}

static void compare_zydis(const u8 *bytes, enum x86_mode mode,
			  const struct x86_insn *ours,
			  const struct oracle_insn *theirs)
{
	const char *oracle = "zydis";

	compare(oracle, bytes, mode, ours, theirs);
	if (!name_matches(kind_name[ours->op->kind], theirs->name))
		fail_msg("mode %d, %s: kind %u, but it is %s", mode, hex(bytes),
			 ours->op->kind, theirs->name);
	/* 3E before CALL and JMP: zydis sees NOTRACK only, not DS too. */
	if (ours->is_mem &&
	    !(ours->op->flags & X86_D_NO16 && ours->seg == X86_DS))
		AGREE("segment", ours->seg, theirs->seg);
	if (ours->is_mem && !system_kind(ours->op->kind))
		AGREE("memory size", ours->memsize, theirs->memsize);
	if (opsize_matters(ours))
		AGREE("operand size", ours->opsize, theirs->opsize);
}

/* Encodings without a memory operand that share a name with our list. */
/* clang-format off */
static const struct { u8 map; u8 first; u8 last; } not_ours[] = {
	{ 0, 0x06, 0x07 }, { 0, 0x0e, 0x0e }, { 0, 0x16, 0x17 },
	{ 0, 0x1e, 0x1f }, { 0, 0x40, 0x5f }, { 0, 0x68, 0x68 },
	{ 0, 0x6a, 0x6a }, { 0, 0x82, 0x82 }, { 0, 0x8c, 0x8c }, { 0, 0x8e, 0x8e },
	{ 0, 0x91, 0x97 }, { 0, 0x9a, 0x9a }, { 0, 0xb0, 0xbf },
	{ 0, 0xe8, 0xeb }, { 1, 0xa0, 0xa1 }, { 1, 0xa8, 0xa9 },
	{ 1, 0x0d, 0x0d }, { 1, 0x18, 0x1f },
};
/* clang-format on */

/* Zydis knows this instruction by a name of our list. */
static bool claimed(const struct oracle_insn *theirs)
{
	const char *name = theirs->name;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(not_ours); i++) {
		if (theirs->map == not_ours[i].map &&
		    theirs->opcode >= not_ours[i].first &&
		    theirs->opcode <= not_ours[i].last)
			return false;
	}
	/* With REX.B it is XCHG of R8; plain ones: test_pause(). */
	if (theirs->map == 0 && theirs->opcode == 0x90)
		return false;
	if (!strcmp(name, "setssbsy"))
		return false;
	/* Doubles share names with strings; 16-bit MOVSXD. */
	if (theirs->map == 1 &&
	    (!strcmp(name, "movsd") || !strcmp(name, "cmpsd")))
		return false;
	if (!strcmp(name, "movsxd") && theirs->opsize == 2)
		return false;
	/* CALL and JMP with 66 in 64-bit mode differ between vendors. */
	if ((!strcmp(name, "call") || !strcmp(name, "jmp")) && theirs->has_66)
		return false;
	/* Far CALL and JMP. */
	if (theirs->map == 0 && theirs->opcode == 0xff && (theirs->reg & 1))
		return theirs->reg < 2;
	for (i = 0; i < X86_OP_KINDS; i++) {
		if (kind_name[i] && name_matches(kind_name[i], name))
			return true;
	}
	return false;
}

struct tally {
	u64 accepted;
	u64 refused;
};

static void check_one(const u8 *bytes, enum x86_mode mode, struct tally *t)
{
	struct oracle_insn theirs;
	struct x86_insn ours;
	int ret = x86_decode(bytes, X86_INSN_MAX, mode, &ours);

	oracle_zydis(bytes, X86_INSN_MAX, mode, &theirs);
	if (ret == 0) {
		t->accepted++;
		compare_zydis(bytes, mode, &ours, &theirs);
		return;
	}
	t->refused++;
	if (theirs.len && claimed(&theirs))
		fail_msg("mode %d, %s: refused, but it is %s (%d)", mode,
			 hex(bytes), theirs.name, ret);
}

static u64 seed = 0x9e3779b97f4a7c15ULL;

static u64 rnd(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed * 0x2545f4914f6cdd1dULL;
}

static void fill_random(u8 *bytes, u32 n)
{
	u32 i;

	for (i = 0; i < n; i++)
		bytes[i] = (u8)(rnd() >> 24);
}

/* clang-format off */
static const struct { u8 n; u8 b[3]; } prefix_sets[] = {
	{ 0, { 0 } }, { 1, { 0x66 } }, { 1, { 0x67 } }, { 1, { 0xf2 } },
	{ 1, { 0xf3 } }, { 1, { 0xf0 } }, { 1, { 0x2e } }, { 1, { 0x65 } },
	{ 2, { 0x66, 0x67 } }, { 2, { 0x66, 0xf3 } }, { 2, { 0xf2, 0xf3 } },
	{ 1, { 0x40 } }, { 1, { 0x41 } }, { 1, { 0x42 } }, { 1, { 0x44 } },
	{ 1, { 0x48 } }, { 1, { 0x4f } }, { 2, { 0x66, 0x48 } },
	{ 2, { 0x48, 0x66 } }, { 2, { 0x67, 0x4d } }, { 3, { 0xf0, 0x64, 0x41 } },
};

static const struct { u8 n; u8 b[2]; } map_sets[] = {
	{ 0, { 0 } }, { 1, { 0x0f } }, { 2, { 0x0f, 0x38 } },
};
/* clang-format on */

static void check_opcode(enum x86_mode mode, u32 map, u32 opcode,
			 struct tally *t)
{
	u8 bytes[X86_INSN_MAX];
	u32 p;
	u32 n;
	u32 modrm;
	/* Of the third map hardly anything is ours. */
	u32 step = map == 2 && opcode < 0xf0 ? 37 : 1;

	for (p = 0; p < ARRAY_SIZE(prefix_sets); p++) {
		for (modrm = 0; modrm < 256; modrm += step) {
			fill_random(bytes, sizeof(bytes));
			n = prefix_sets[p].n;
			memcpy(bytes, prefix_sets[p].b, n);
			memcpy(bytes + n, map_sets[map].b, map_sets[map].n);
			n += map_sets[map].n;
			bytes[n] = (u8)opcode;
			bytes[n + 1] = (u8)modrm;
			check_one(bytes, mode, t);
		}
	}
}

static void check_mode(enum x86_mode mode)
{
	struct tally t = { 0 };
	u32 opcode;
	u32 map;

	for (map = 0; map < ARRAY_SIZE(map_sets); map++) {
		for (opcode = 0; opcode < 256; opcode++)
			check_opcode(mode, map, opcode, &t);
	}
	/* Most of what was tried is outside our list; much is inside. */
	assert_true(t.accepted > 300000);
	assert_true(t.refused > 500000);
}

static void test_every_opcode_16(void **state)
{
	(void)state;
	check_mode(X86_MODE_16);
}

static void test_every_opcode_32(void **state)
{
	(void)state;
	check_mode(X86_MODE_32);
}

static void test_every_opcode_64(void **state)
{
	(void)state;
	check_mode(X86_MODE_64);
}

static void test_random_bytes(void **state)
{
	struct tally t = { 0 };
	u8 bytes[X86_INSN_MAX];
	u32 i;

	(void)state;
	for (i = 0; i < 1500000; i++) {
		fill_random(bytes, sizeof(bytes));
		check_one(bytes, (enum x86_mode)(i % 3), &t);
	}
	assert_true(t.accepted > 100000);
}

/*
 * The second opinion. This disassembler is laxer than hardware, so only what
 * we accept is compared; and it refuses some prefixes that mean nothing, a
 * REX before another prefix or F3 before MOV among them.
 */
static void test_second_oracle(void **state)
{
	struct oracle_insn theirs;
	u8 bytes[X86_INSN_MAX];
	struct x86_insn ours;
	enum x86_mode mode;
	u32 compared = 0;
	u32 quirks = 0;
	u32 i;

	(void)state;
	for (i = 0; i < 1000000; i++) {
		mode = (enum x86_mode)(i % 3);
		fill_random(bytes, sizeof(bytes));
		if (x86_decode(bytes, sizeof(bytes), mode, &ours))
			continue;
		oracle_capstone(bytes, sizeof(bytes), mode, &theirs);
		if (theirs.len == 0) {
			quirks++;
			continue;
		}
		compare("capstone", bytes, mode, &ours, &theirs);
		compared++;
	}
	assert_true(compared > 100000);
	assert_true(quirks < compared / 50);
}

/* With fewer bytes than the instruction has, it is -ERANGE, never a guess. */
static void test_truncated(void **state)
{
	u8 bytes[X86_INSN_MAX];
	struct x86_insn whole;
	struct x86_insn part;
	enum x86_mode mode;
	u32 seen = 0;
	u32 n;
	u32 i;

	(void)state;
	for (i = 0; i < 300000; i++) {
		mode = (enum x86_mode)(i % 3);
		fill_random(bytes, sizeof(bytes));
		if (x86_decode(bytes, sizeof(bytes), mode, &whole))
			continue;
		seen++;
		for (n = 0; n < whole.len; n++)
			assert_int_equal(x86_decode(bytes, n, mode, &part),
					 -ERANGE);
		assert_int_equal(x86_decode(bytes, whole.len, mode, &part), 0);
		assert_memory_equal(&whole, &part, sizeof(whole));
	}
	assert_true(seen > 10000);
}

static void test_pause(void **state)
{
	struct x86_insn insn;
	u32 m;

	(void)state;
	for (m = 0; m < 3; m++) {
		assert_int_equal(x86_decode((const u8 *)"\xf3\x90", 2,
					    (enum x86_mode)m, &insn),
				 0);
		assert_int_equal(insn.op->kind, X86_OP_PAUSE);
		assert_int_equal(x86_decode((const u8 *)"\x90", 1,
					    (enum x86_mode)m, &insn),
				 0);
		assert_int_equal(insn.op->kind, X86_OP_NOP);
	}
	assert_int_equal(
		x86_decode((const u8 *)"\x41\x90", 2, X86_MODE_64, &insn),
		-EINVAL);
}

static void test_fifteen_bytes(void **state)
{
	u8 bytes[32];
	struct x86_insn insn;

	(void)state;
	memset(bytes, 0x26, sizeof(bytes));
	bytes[13] = 0x88; /* mov [rax], al with 13 prefixes */
	bytes[14] = 0x00;
	assert_int_equal(x86_decode(bytes, 32, X86_MODE_64, &insn), 0);
	assert_int_equal(insn.len, 15);

	bytes[13] = 0x26;
	bytes[14] = 0x88;
	bytes[15] = 0x00;
	assert_int_equal(x86_decode(bytes, 32, X86_MODE_64, &insn), -ERANGE);
	memset(bytes, 0x66, sizeof(bytes));
	assert_int_equal(x86_decode(bytes, 32, X86_MODE_64, &insn), -ERANGE);
}

static void test_writes_mem(void **state)
{
	/* clang-format off */
	static const struct { u8 b[8]; bool writes; } c[] = {
		{ { 0x89, 0x00 }, true }, { { 0x8b, 0x00 }, false },
		{ { 0x39, 0x00 }, false }, { { 0x01, 0x00 }, true },
		{ { 0x83, 0x38, 1 }, false }, { { 0x83, 0x00, 1 }, true },
		{ { 0x85, 0x00 }, false }, { { 0x87, 0x00 }, true },
		{ { 0xf6, 0x00, 1 }, false }, { { 0xf6, 0x10 }, true },
		{ { 0x0f, 0xa3, 0x00 }, false }, { { 0x0f, 0xab, 0x00 }, true },
		{ { 0x0f, 0xb6, 0x00 }, false }, { { 0xff, 0x30 }, false },
		{ { 0x8f, 0x00 }, true }, { { 0xa3 }, true },
		{ { 0xa1 }, false }, { { 0x01, 0xc0 }, false },
	};
	/* clang-format on */
	struct x86_insn insn;
	u32 i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(c); i++) {
		assert_int_equal(x86_decode(c[i].b, 8, X86_MODE_32, &insn), 0);
		assert_int_equal(x86_insn_writes_mem(&insn), c[i].writes);
	}
}

/* The short path agrees with the full decoder wherever both apply. */
static void test_fixed_length(void **state)
{
	/* clang-format off */
	static const struct { u8 n; u8 b[3]; } op[] = {
		{ 2, { 0x0f, 0xa2 } }, { 1, { 0xf4 } },
		{ 2, { 0x0f, 0x32 } }, { 2, { 0x0f, 0x30 } },
		{ 3, { 0x0f, 0x01, 0xd9 } }, { 3, { 0x0f, 0x01, 0xd1 } },
		{ 2, { 0x0f, 0x09 } }, { 2, { 0x0f, 0x31 } },
	};
	/* clang-format on */
	u8 bytes[X86_INSN_MAX];
	struct x86_insn insn;
	u32 agreed = 0;
	u32 p;
	u32 i;
	u32 len;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(op); i++) {
		for (p = 0; p < ARRAY_SIZE(prefix_sets); p++) {
			fill_random(bytes, sizeof(bytes));
			memcpy(bytes, prefix_sets[p].b, prefix_sets[p].n);
			memcpy(bytes + prefix_sets[p].n, op[i].b, op[i].n);
			len = x86_insn_len_fixed(bytes, 15, op[i].b, op[i].n);
			assert_int_equal(len, prefix_sets[p].n + op[i].n);
			if (x86_decode(bytes, 15, X86_MODE_64, &insn))
				continue;
			assert_int_equal(insn.len, len);
			agreed++;
			assert_int_equal(x86_insn_len_fixed(bytes, len - 1,
							    op[i].b, op[i].n),
					 0);
		}
	}
	assert_true(agreed > 50);
	assert_int_equal(x86_insn_len_fixed((const u8 *)"\x0f\xa3", 2,
					    (const u8 *)"\x0f\xa2", 2),
			 0);
	assert_int_equal(
		x86_insn_len_fixed((const u8 *)"", 0, (const u8 *)"\xf4", 1),
		0);
}

static int setup(void **state)
{
	(void)state;
	oracle_open();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	oracle_close();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_opcode_16),
		cmocka_unit_test(test_every_opcode_32),
		cmocka_unit_test(test_every_opcode_64),
		cmocka_unit_test(test_random_bytes),
		cmocka_unit_test(test_second_oracle),
		cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_pause),
		cmocka_unit_test(test_fifteen_bytes),
		cmocka_unit_test(test_writes_mem),
		cmocka_unit_test(test_fixed_length),
	};

	return cmocka_run_group_tests_name("decode", tests, setup, teardown);
}
