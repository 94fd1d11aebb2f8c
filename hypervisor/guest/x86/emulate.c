/* SPDX-License-Identifier: BSD-2-Clause */
#include "guest/x86/emulate.h"

#include "guest/x86/emulate_priv.h"
#include "lib/errno.h"

/* One instruction under execution. */
struct exec {
	struct emu_ctx *ctx;
	const struct x86_insn *insn;
	u64 next_rip;
	u64 rflags; /* the new ones, valid once the instruction is done */
	struct emu_target mem; /* its r/m or moffs operand, if in memory */
};

static u64 reg_get(const struct exec *x, u8 reg)
{
	return emu_reg_read(x->ctx, x->insn, reg, x->insn->opsize);
}

static void reg_put(const struct exec *x, u8 reg, u64 val)
{
	emu_reg_write(x->ctx, x->insn, reg, x->insn->opsize, val);
}

/* The r/m operand, of its own size. */
static int rm_get(struct exec *x, u64 *val)
{
	if (x->insn->is_mem)
		return emu_load(x->ctx, &x->mem, val);
	*val = emu_reg_read(x->ctx, x->insn, x->insn->rm, x->insn->memsize);
	return 0;
}

static int rm_put(struct exec *x, u64 val)
{
	if (x->insn->is_mem)
		return emu_store(x->ctx, &x->mem, val);
	reg_put(x, x->insn->rm, val);
	return 0;
}

static int exec_mov(struct exec *x)
{
	u64 v;
	int ret;

	switch (x->insn->op->form) {
	case X86_F_RM_R:
		return rm_put(x, reg_get(x, x->insn->reg));
	case X86_F_RM_IMM:
		return rm_put(x, x->insn->imm);
	case X86_F_MOFFS_A:
		return rm_put(x, x->ctx->gpr[X86_RAX]);
	default: /* X86_F_R_RM, X86_F_A_MOFFS, where reg is 0 */
		ret = rm_get(x, &v);
		if (!ret)
			reg_put(x, x->insn->reg, v);
		return ret;
	}
}

static int exec_extend(struct exec *x)
{
	u64 v;
	int ret = rm_get(x, &v);

	if (ret)
		return ret;
	if (x->insn->op->kind == X86_OP_MOVSX)
		v = emu_sign_extend(v, x->insn->memsize);
	reg_put(x, x->insn->reg, v);
	return 0;
}

static int exec_movbe(struct exec *x)
{
	u32 unused = 64 - 8U * x->insn->opsize;
	u64 v;
	int ret;

	if (x->insn->op->form == X86_F_RM_R) {
		v = reg_get(x, x->insn->reg);
		return rm_put(x, __builtin_bswap64(v) >> unused);
	}
	ret = rm_get(x, &v);
	if (!ret)
		reg_put(x, x->insn->reg, __builtin_bswap64(v) >> unused);
	return ret;
}

static bool only_compares(u8 kind)
{
	return kind == X86_OP_CMP || kind == X86_OP_TEST;
}

static int exec_binary_to_reg(struct exec *x, u8 reg, u64 src)
{
	u8 kind = x->insn->op->kind;
	u64 v = emu_binary(kind, reg_get(x, reg), src, x->insn->opsize,
			   &x->rflags);

	if (!only_compares(kind))
		reg_put(x, reg, v);
	return 0;
}

static int exec_binary(struct exec *x)
{
	const struct x86_insn *insn = x->insn;
	u64 dst;
	u64 src = insn->imm;
	int ret;

	if (insn->op->form == X86_F_A_IMM)
		return exec_binary_to_reg(x, X86_RAX, src);
	ret = rm_get(x, &dst);
	if (ret)
		return ret;
	if (insn->op->form == X86_F_R_RM)
		return exec_binary_to_reg(x, insn->reg, dst);

	if (insn->op->form == X86_F_RM_R)
		src = reg_get(x, insn->reg);
	dst = emu_binary(insn->op->kind, dst, src, insn->opsize, &x->rflags);
	return only_compares(insn->op->kind) ? 0 : rm_put(x, dst);
}

static int exec_unary(struct exec *x)
{
	u64 v;
	int ret = rm_get(x, &v);

	if (ret)
		return ret;
	v = emu_unary(x->insn->op->kind, v, x->insn->opsize, &x->rflags);
	return rm_put(x, v);
}

static int exec_shift(struct exec *x)
{
	u64 count = x->insn->imm;
	u64 v;
	int ret = rm_get(x, &v);

	if (ret)
		return ret;
	if (x->insn->op->form == X86_F_RM_1)
		count = 1;
	else if (x->insn->op->form == X86_F_RM_CL)
		count = x->ctx->gpr[X86_RCX];
	v = emu_shift(x->insn->op->kind, v, count, x->insn->opsize, &x->rflags);
	return rm_put(x, v);
}

static int exec_bit(struct exec *x)
{
	u64 bit = x->insn->imm;
	u64 v;
	int ret = rm_get(x, &v);

	if (ret)
		return ret;
	if (x->insn->op->form == X86_F_RM_R)
		bit = x->ctx->gpr[x->insn->reg];
	v = emu_bit(x->insn->op->kind, v, bit, x->insn->opsize, &x->rflags);
	return x->insn->op->kind == X86_OP_BT ? 0 : rm_put(x, v);
}

static int exec_xchg(struct exec *x)
{
	u64 reg = reg_get(x, x->insn->reg);
	u64 v;
	int ret = rm_get(x, &v);

	if (!ret)
		ret = rm_put(x, reg);
	if (!ret)
		reg_put(x, x->insn->reg, v);
	return ret;
}

static int exec_xadd(struct exec *x)
{
	u64 reg = reg_get(x, x->insn->reg);
	u64 sum;
	u64 v;
	int ret = rm_get(x, &v);

	if (ret)
		return ret;
	sum = emu_binary(X86_OP_ADD, v, reg, x->insn->opsize, &x->rflags);
	if (!x->insn->is_mem) {
		/* XADD of a register with itself leaves the sum. */
		reg_put(x, x->insn->reg, v);
		return rm_put(x, sum);
	}
	ret = rm_put(x, sum);
	if (!ret)
		reg_put(x, x->insn->reg, v);
	return ret;
}

static int exec_cmpxchg(struct exec *x)
{
	u64 expected = reg_get(x, X86_RAX);
	u64 v;
	int ret = rm_get(x, &v);

	if (ret)
		return ret;
	emu_binary(X86_OP_CMP, expected, v, x->insn->opsize, &x->rflags);
	if (expected == v)
		return rm_put(x, reg_get(x, x->insn->reg));
	/* The bus sees a write in any case (SDM vol. 2, CMPXCHG). */
	ret = x->insn->is_mem ? emu_store(x->ctx, &x->mem, v) : 0;
	if (!ret)
		reg_put(x, X86_RAX, v);
	return ret;
}

struct pair {
	u64 low;
	u64 high;
};

static int pair_resolve(struct exec *x, struct emu_target half[2])
{
	u32 size = x->insn->opsize;
	gva_t gva;
	int ret;

	ret = emu_operand_linear(x->ctx, x->insn, 2 * size, true, &gva);
	if (ret)
		return ret;
	if (size == 8 && !is_aligned(gva.v, 16))
		return emu_raise(x->ctx, VECTOR_GP);
	ret = emu_resolve(x->ctx, gva, size, true, true, &half[0]);
	if (ret)
		return ret;
	return emu_resolve(x->ctx, GVA(gva.v + size), size, true, true,
			   &half[1]);
}

static int pair_get(struct exec *x, const struct emu_target half[2],
		    struct pair *p)
{
	int ret = emu_load(x->ctx, &half[0], &p->low);

	return ret ? ret : emu_load(x->ctx, &half[1], &p->high);
}

static int pair_put(struct exec *x, const struct emu_target half[2],
		    struct pair p)
{
	int ret = emu_store(x->ctx, &half[0], p.low);

	return ret ? ret : emu_store(x->ctx, &half[1], p.high);
}

static int exec_cmpxchg8b(struct exec *x)
{
	struct pair new = { reg_get(x, X86_RBX), reg_get(x, X86_RCX) };
	struct emu_target half[2];
	struct pair old;
	bool equal;
	int ret;

	ret = pair_resolve(x, half);
	if (!ret)
		ret = pair_get(x, half, &old);
	if (ret)
		return ret;
	equal = old.low == reg_get(x, X86_RAX) &&
		old.high == reg_get(x, X86_RDX);
	ret = pair_put(x, half, equal ? new : old);
	if (ret)
		return ret;
	x->rflags &= ~RFLAGS_ZF;
	if (equal) {
		x->rflags |= RFLAGS_ZF;
		return 0;
	}
	reg_put(x, X86_RAX, old.low);
	reg_put(x, X86_RDX, old.high);
	return 0;
}

static int exec_setcc(struct exec *x)
{
	return rm_put(x, emu_condition(x->insn->opcode & 0xf, x->rflags));
}

static int exec_cmovcc(struct exec *x)
{
	u64 v;
	int ret = rm_get(x, &v);

	if (ret)
		return ret;
	/* Even a move that does not happen clears the upper half. */
	if (!emu_condition(x->insn->opcode & 0xf, x->rflags))
		v = reg_get(x, x->insn->reg);
	reg_put(x, x->insn->reg, v);
	return 0;
}

static int exec_imul_reg(struct exec *x)
{
	u64 factor = x->insn->imm;
	u64 high;
	u64 v;
	int ret = rm_get(x, &v);

	if (ret)
		return ret;
	if (x->insn->op->form == X86_F_R_RM)
		factor = reg_get(x, x->insn->reg);
	v = emu_multiply(v, factor, x->insn->opsize, true, &high, &x->rflags);
	reg_put(x, x->insn->reg, v);
	return 0;
}

static int exec_multiply(struct exec *x)
{
	bool is_signed = x->insn->op->kind == X86_OP_IMUL;
	u32 size = x->insn->opsize;
	u64 high;
	u64 v;
	int ret = rm_get(x, &v);

	if (ret)
		return ret;
	v = emu_multiply(v, reg_get(x, X86_RAX), size, is_signed, &high,
			 &x->rflags);
	if (size == 1) {
		emu_reg_write(x->ctx, x->insn, X86_RAX, 2, high << 8 | v);
		return 0;
	}
	reg_put(x, X86_RAX, v);
	reg_put(x, X86_RDX, high);
	return 0;
}

static u32 stack_size(struct emu_ctx *ctx)
{
	struct emu_seg ss;

	if (ctx->mode == X86_MODE_64)
		return 8;
	ctx->ops->seg_get(ctx, X86_SS, &ss);
	return ss.big ? 4 : 2;
}

static int push(struct exec *x, u64 val)
{
	u32 size = x->insn->opsize;
	u32 width = stack_size(x->ctx);
	u64 sp = (x->ctx->gpr[X86_RSP] - size) & emu_ones(width);
	struct emu_target t;
	gva_t gva;
	int ret;

	ret = emu_linear(x->ctx, X86_SS, sp, size, true, &gva);
	if (!ret)
		ret = emu_resolve(x->ctx, gva, size, true, false, &t);
	if (!ret)
		ret = emu_store(x->ctx, &t, val);
	if (!ret)
		emu_reg_add(x->ctx, X86_RSP, width, 0 - (u64)size);
	return ret;
}

static int exec_push(struct exec *x)
{
	u64 v;
	int ret = rm_get(x, &v);

	return ret ? ret : push(x, v);
}

static int exec_pop(struct exec *x)
{
	u32 size = x->insn->opsize;
	u32 width = stack_size(x->ctx);
	struct emu_target t;
	gva_t gva;
	u64 v;
	int ret;

	ret = emu_linear(x->ctx, X86_SS, x->ctx->gpr[X86_RSP] & emu_ones(width),
			 size, false, &gva);
	if (!ret)
		ret = emu_resolve(x->ctx, gva, size, false, false, &t);
	if (!ret)
		ret = emu_load(x->ctx, &t, &v);
	if (ret)
		return ret;
	if (x->insn->is_mem) {
		ret = rm_put(x, v);
		if (!ret)
			emu_reg_add(x->ctx, X86_RSP, width, size);
		return ret;
	}
	emu_reg_add(x->ctx, X86_RSP, width, size);
	return rm_put(x, v);
}

/* May execution go on at @rip? Else #GP, before anything is pushed. */
static int check_branch(struct exec *x, u64 rip)
{
	struct emu_seg cs;
	gva_t unused;

	if (x->ctx->mode == X86_MODE_64)
		return emu_linear(x->ctx, X86_CS, rip, 1, false, &unused);
	x->ctx->ops->seg_get(x->ctx, X86_CS, &cs);
	return rip > cs.limit ? emu_raise(x->ctx, VECTOR_GP) : 0;
}

static int exec_branch(struct exec *x)
{
	u64 target;
	int ret = rm_get(x, &target);

	if (!ret)
		ret = check_branch(x, target);
	if (!ret && x->insn->op->kind == X86_OP_CALL)
		ret = push(x, x->next_rip);
	if (!ret)
		x->next_rip = target;
	return ret;
}

static int exec_string(struct exec *x)
{
	int ret = emu_string(x->ctx, x->insn);

	/* Elements are committed one by one, flags included. */
	x->rflags = x->ctx->rflags;
	return ret;
}

/* There is no cached copy of a device register. */
static int exec_clflush(struct exec *x)
{
	(void)x;
	return 0;
}

/* clang-format off */
static int (*const exec_kind[X86_OP_KINDS])(struct exec *x) = {
	[X86_OP_ADD] = exec_binary, [X86_OP_OR] = exec_binary,
	[X86_OP_ADC] = exec_binary, [X86_OP_SBB] = exec_binary,
	[X86_OP_AND] = exec_binary, [X86_OP_SUB] = exec_binary,
	[X86_OP_XOR] = exec_binary, [X86_OP_CMP] = exec_binary,
	[X86_OP_TEST] = exec_binary,
	[X86_OP_ROL] = exec_shift, [X86_OP_ROR] = exec_shift,
	[X86_OP_RCL] = exec_shift, [X86_OP_RCR] = exec_shift,
	[X86_OP_SHL] = exec_shift, [X86_OP_SHR] = exec_shift,
	[X86_OP_SAL] = exec_shift, [X86_OP_SAR] = exec_shift,
	[X86_OP_BT] = exec_bit, [X86_OP_BTS] = exec_bit,
	[X86_OP_BTR] = exec_bit, [X86_OP_BTC] = exec_bit,
	[X86_OP_MOV] = exec_mov, [X86_OP_MOVBE] = exec_movbe,
	[X86_OP_MOVZX] = exec_extend, [X86_OP_MOVSX] = exec_extend,
	[X86_OP_NOT] = exec_unary, [X86_OP_NEG] = exec_unary,
	[X86_OP_INC] = exec_unary, [X86_OP_DEC] = exec_unary,
	[X86_OP_MUL] = exec_multiply, [X86_OP_IMUL] = exec_multiply,
	[X86_OP_IMUL_R] = exec_imul_reg,
	[X86_OP_XCHG] = exec_xchg, [X86_OP_XADD] = exec_xadd,
	[X86_OP_CMPXCHG] = exec_cmpxchg,
	[X86_OP_CMPXCHG8B] = exec_cmpxchg8b,
	[X86_OP_SETCC] = exec_setcc, [X86_OP_CMOVCC] = exec_cmovcc,
	[X86_OP_MOVS] = exec_string, [X86_OP_STOS] = exec_string,
	[X86_OP_LODS] = exec_string, [X86_OP_CMPS] = exec_string,
	[X86_OP_SCAS] = exec_string, [X86_OP_INS] = exec_string,
	[X86_OP_OUTS] = exec_string,
	[X86_OP_CLFLUSH] = exec_clflush,
	[X86_OP_PUSH] = exec_push, [X86_OP_POP] = exec_pop,
	[X86_OP_CALL] = exec_branch, [X86_OP_JMP] = exec_branch,
};
/* clang-format on */

/* Find the memory operand; a pair is found by the instruction itself. */
static int resolve_operand(struct exec *x)
{
	const struct x86_insn *insn = x->insn;
	bool write = x86_insn_writes_mem(insn);
	gva_t gva;
	int ret;

	if (!insn->is_mem || insn->op->kind == X86_OP_CMPXCHG8B)
		return 0;
	ret = emu_operand_linear(x->ctx, insn, insn->memsize, write, &gva);
	if (ret)
		return ret;
	return emu_resolve(x->ctx, gva, insn->memsize, write, true, &x->mem);
}

static int execute(struct exec *x)
{
	int ret = resolve_operand(x);

	if (!ret)
		ret = exec_kind[x->insn->op->kind](x);
	if (ret < 0)
		return ret;
	x->ctx->rflags = x->rflags & ~RFLAGS_RF;
	if (ret == 0)
		x->ctx->rip = x->next_rip;
	return ret;
}

int emu_mmio(struct emu_ctx *ctx, const struct x86_insn *insn)
{
	struct exec x = {
		.ctx = ctx,
		.insn = insn,
		.next_rip = ctx->rip + insn->len,
		.rflags = ctx->rflags,
	};
	int ret;

	if (!exec_kind[insn->op->kind])
		return -EINVAL;
	if (ctx->mode != X86_MODE_64)
		x.next_rip &= 0xffffffff;
	ret = execute(&x);
	if (ret == -EAGAIN)
		ctx->log.next = 0;
	else
		emu_log_reset(ctx);
	return ret;
}

int emu_string_pio(struct emu_ctx *ctx, const struct x86_insn *insn)
{
	if (insn->op->kind != X86_OP_INS && insn->op->kind != X86_OP_OUTS)
		return -EINVAL;
	return emu_mmio(ctx, insn);
}
