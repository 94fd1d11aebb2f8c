/* SPDX-License-Identifier: BSD-2-Clause */
/* What the emulator's files share: arithmetic, addresses, access, strings. */
#ifndef GUEST_X86_EMULATE_PRIV_H
#define GUEST_X86_EMULATE_PRIV_H

#include "guest/x86/emulate.h"

#define RFLAGS_CF BIT64(0)
#define RFLAGS_PF BIT64(2)
#define RFLAGS_AF BIT64(4)
#define RFLAGS_ZF BIT64(6)
#define RFLAGS_SF BIT64(7)
#define RFLAGS_DF BIT64(10)
#define RFLAGS_OF BIT64(11)
#define RFLAGS_RF BIT64(16)
#define RFLAGS_ARITH \
	(RFLAGS_CF | RFLAGS_PF | RFLAGS_AF | RFLAGS_ZF | RFLAGS_SF | RFLAGS_OF)

#define VECTOR_SS 12
#define VECTOR_GP 13

/* Arithmetic: @size bytes, 1 to 8; operands may carry more, ignored bits. */

/** All ones in @size bytes. */
static inline u64 emu_ones(u32 size)
{
	return ~(u64)0 >> (64 - 8 * size);
}

u64 emu_sign_extend(u64 v, u32 size);
/** ADD..CMP, TEST: the result; a caller of CMP and TEST drops it. */
u64 emu_binary(u8 kind, u64 a, u64 b, u32 size, u64 *rflags);
/** NOT, NEG, INC, DEC. */
u64 emu_unary(u8 kind, u64 a, u32 size, u64 *rflags);
/** ROL..SAR by @count, of which the usual low bits count. */
u64 emu_shift(u8 kind, u64 a, u64 count, u32 size, u64 *rflags);
/** BT, BTS, BTR, BTC of bit @bit modulo the width. */
u64 emu_bit(u8 kind, u64 a, u64 bit, u32 size, u64 *rflags);
/** Low half of the product, *@high the other; CF and OF as (I)MUL does. */
u64 emu_multiply(u64 a, u64 b, u32 size, bool is_signed, u64 *high,
		 u64 *rflags);
/** Condition @cc, 0..15, as in Jcc, SETcc, CMOVcc. */
bool emu_condition(u8 cc, u64 rflags);

/* Registers. */

u64 emu_reg_read(const struct emu_ctx *ctx, const struct x86_insn *insn, u8 reg,
		 u32 size);
void emu_reg_write(struct emu_ctx *ctx, const struct x86_insn *insn, u8 reg,
		   u32 size, u64 val);
/** Add to an address register (count, pointer, stack) of @size bytes. */
void emu_reg_add(struct emu_ctx *ctx, u8 reg, u32 size, u64 delta);

/* Addresses and access. */

/** Record an exception with error code 0; return -EFAULT. */
int emu_raise(struct emu_ctx *ctx, u8 vector);

/** Offset @ea of @seg as a linear address, checked for @len bytes. */
int emu_linear(struct emu_ctx *ctx, u8 seg, u64 ea, u32 len, bool write,
	       gva_t *out);

/** Effective address of the r/m or moffs operand, wrapped to its width. */
u64 emu_effective(const struct emu_ctx *ctx, const struct x86_insn *insn);

/** Part of an operand that lies in one page. */
struct emu_piece {
	gpa_t gpa;
	u8 len;
	bool is_mmio;
};

/** An operand in memory or on a device, translated and permitted. */
struct emu_target {
	gva_t gva;
	u8 pieces;
	struct emu_piece piece[2];
};

/**
 * Find out what stands behind @len (1..8) bytes at @gva. @faulted: this is
 * the operand whose access exited, its translation is known already.
 */
int emu_resolve(struct emu_ctx *ctx, gva_t gva, u32 len, bool write,
		bool faulted, struct emu_target *out);
int emu_load(struct emu_ctx *ctx, const struct emu_target *t, u64 *val);
int emu_store(struct emu_ctx *ctx, const struct emu_target *t, u64 val);

/** Port access through the log of answered ones. */
int emu_pio_in(struct emu_ctx *ctx, u16 port, u32 size, u64 *val);
int emu_pio_out(struct emu_ctx *ctx, u16 port, u32 size, u64 val);

/** Forget the answered accesses: their element is done. */
static inline void emu_log_reset(struct emu_ctx *ctx)
{
	ctx->log.count = 0;
	ctx->log.next = 0;
}

/** Execute a string instruction. Results as emu_mmio(), rip not moved. */
int emu_string(struct emu_ctx *ctx, const struct x86_insn *insn);

#endif
