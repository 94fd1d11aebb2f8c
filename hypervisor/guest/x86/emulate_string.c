/* SPDX-License-Identifier: BSD-2-Clause */
#include "guest/x86/emulate_priv.h"
#include "lib/errno.h"

/* One element of a string instruction. */
struct element {
	struct emu_ctx *ctx;
	const struct x86_insn *insn;
	u32 size;
	struct emu_target src; /* segment : rSI */
	struct emu_target dst; /* ES : rDI */
};

static u64 index_value(const struct element *e, u8 reg)
{
	return e->ctx->gpr[reg] & emu_ones(e->insn->addrsize);
}

static int resolve_at(struct element *e, u8 seg, u8 reg, bool write,
		      struct emu_target *t)
{
	gva_t gva;
	int ret;

	ret = emu_linear(e->ctx, seg, index_value(e, reg), e->size, write,
			 &gva);
	if (ret)
		return ret;
	/* With two operands, which of them exited is not known. */
	return emu_resolve(e->ctx, gva, e->size, write, false, t);
}

static int resolve_src(struct element *e)
{
	return resolve_at(e, e->insn->seg, X86_RSI, false, &e->src);
}

/* The destination's segment cannot be overridden. */
static int resolve_dst(struct element *e, bool write)
{
	return resolve_at(e, X86_ES, X86_RDI, write, &e->dst);
}

static void advance(struct element *e, u8 reg)
{
	u64 delta = e->size;

	if (e->ctx->rflags & RFLAGS_DF)
		delta = 0 - delta;
	emu_reg_add(e->ctx, reg, e->insn->addrsize, delta);
}

static int do_movs(struct element *e)
{
	u64 v;
	int ret;

	ret = resolve_src(e);
	if (!ret)
		ret = resolve_dst(e, true);
	if (!ret)
		ret = emu_load(e->ctx, &e->src, &v);
	if (!ret)
		ret = emu_store(e->ctx, &e->dst, v);
	if (ret)
		return ret;
	advance(e, X86_RSI);
	advance(e, X86_RDI);
	return 0;
}

static int do_stos(struct element *e)
{
	int ret = resolve_dst(e, true);

	if (!ret)
		ret = emu_store(e->ctx, &e->dst, e->ctx->gpr[X86_RAX]);
	if (!ret)
		advance(e, X86_RDI);
	return ret;
}

static int do_lods(struct element *e)
{
	u64 v;
	int ret;

	ret = resolve_src(e);
	if (!ret)
		ret = emu_load(e->ctx, &e->src, &v);
	if (ret)
		return ret;
	emu_reg_write(e->ctx, e->insn, X86_RAX, e->size, v);
	advance(e, X86_RSI);
	return 0;
}

static int do_cmps(struct element *e)
{
	u64 a;
	u64 b;
	int ret;

	ret = resolve_src(e);
	if (!ret)
		ret = resolve_dst(e, false);
	if (!ret)
		ret = emu_load(e->ctx, &e->src, &a);
	if (!ret)
		ret = emu_load(e->ctx, &e->dst, &b);
	if (ret)
		return ret;
	emu_binary(X86_OP_CMP, a, b, e->size, &e->ctx->rflags);
	advance(e, X86_RSI);
	advance(e, X86_RDI);
	return 0;
}

static int do_scas(struct element *e)
{
	u64 v;
	int ret;

	ret = resolve_dst(e, false);
	if (!ret)
		ret = emu_load(e->ctx, &e->dst, &v);
	if (ret)
		return ret;
	emu_binary(X86_OP_CMP, e->ctx->gpr[X86_RAX], v, e->size,
		   &e->ctx->rflags);
	advance(e, X86_RDI);
	return 0;
}

/* The destination is checked first: what a port gave cannot be given back. */
static int do_ins(struct element *e)
{
	u16 port = (u16)e->ctx->gpr[X86_RDX];
	u64 v;
	int ret;

	ret = resolve_dst(e, true);
	if (!ret)
		ret = emu_pio_in(e->ctx, port, e->size, &v);
	if (!ret)
		ret = emu_store(e->ctx, &e->dst, v);
	if (!ret)
		advance(e, X86_RDI);
	return ret;
}

static int do_outs(struct element *e)
{
	u16 port = (u16)e->ctx->gpr[X86_RDX];
	u64 v;
	int ret;

	ret = resolve_src(e);
	if (!ret)
		ret = emu_load(e->ctx, &e->src, &v);
	if (!ret)
		ret = emu_pio_out(e->ctx, port, e->size, v);
	if (!ret)
		advance(e, X86_RSI);
	return ret;
}

static int do_element(struct element *e)
{
	switch (e->insn->op->kind) {
	case X86_OP_MOVS:
		return do_movs(e);
	case X86_OP_STOS:
		return do_stos(e);
	case X86_OP_LODS:
		return do_lods(e);
	case X86_OP_CMPS:
		return do_cmps(e);
	case X86_OP_SCAS:
		return do_scas(e);
	case X86_OP_INS:
		return do_ins(e);
	case X86_OP_OUTS:
		return do_outs(e);
	default:
		return -EINVAL;
	}
}

/* CMPS and SCAS stop where REPE finds a difference, REPNE a match. */
static bool comparison_ends(const struct element *e)
{
	u8 kind = e->insn->op->kind;

	if (kind != X86_OP_CMPS && kind != X86_OP_SCAS)
		return false;
	return !(e->ctx->rflags & RFLAGS_ZF) == e->insn->rep;
}

int emu_string(struct emu_ctx *ctx, const struct x86_insn *insn)
{
	struct element e = { .ctx = ctx, .insn = insn, .size = insn->opsize };
	u32 left = EMU_REP_BATCH;
	int ret;

	if (!insn->rep && !insn->repne)
		return do_element(&e);

	while (index_value(&e, X86_RCX) != 0) {
		if (left-- == 0)
			return EMU_REPEAT;
		ret = do_element(&e);
		if (ret)
			return ret;
		emu_reg_add(ctx, X86_RCX, insn->addrsize, ~(u64)0);
		emu_log_reset(ctx);
		if (comparison_ends(&e))
			break;
	}
	return 0;
}
