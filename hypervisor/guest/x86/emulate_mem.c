/* SPDX-License-Identifier: BSD-2-Clause */
#include "guest/x86/emulate_priv.h"
#include "lib/errno.h"

#define SEG_TYPE_CODE      0x8
#define SEG_TYPE_DOWN      0x4 /* data: expands down */
#define SEG_TYPE_WRITE     0x2 /* data */
#define SEG_TYPE_CODE_READ 0x2

static u64 deposit(u64 old, u64 val, u32 size, u32 shift)
{
	u64 mask = emu_ones(size) << shift;

	return (old & ~mask) | (val << shift & mask);
}

/* Without REX, byte registers 4..7 are AH, CH, DH, BH. */
static bool is_high_byte(const struct x86_insn *insn, u8 reg, u32 size)
{
	return size == 1 && !insn->rex && reg >= X86_RSP && reg <= X86_RDI;
}

u64 emu_reg_read(const struct emu_ctx *ctx, const struct x86_insn *insn, u8 reg,
		 u32 size)
{
	if (is_high_byte(insn, reg, size))
		return ctx->gpr[reg - 4] >> 8 & 0xff;
	return ctx->gpr[reg] & emu_ones(size);
}

void emu_reg_write(struct emu_ctx *ctx, const struct x86_insn *insn, u8 reg,
		   u32 size, u64 val)
{
	u32 shift = 0;

	if (is_high_byte(insn, reg, size)) {
		reg = (u8)(reg - 4);
		shift = 8;
	}
	/* A 32-bit result clears the upper half. */
	if (size == 4)
		ctx->gpr[reg] = val & 0xffffffff;
	else
		ctx->gpr[reg] = deposit(ctx->gpr[reg], val, size, shift);
}

void emu_reg_add(struct emu_ctx *ctx, u8 reg, u32 size, u64 delta)
{
	u64 sum = (ctx->gpr[reg] + delta) & emu_ones(size);

	if (size == 4)
		ctx->gpr[reg] = sum;
	else
		ctx->gpr[reg] = deposit(ctx->gpr[reg], sum, size, 0);
}

int emu_raise(struct emu_ctx *ctx, u8 vector)
{
	ctx->fault = (struct emu_fault){ .vector = vector, .has_error = true };
	return -EFAULT;
}

static bool is_canonical(const struct emu_ctx *ctx, u64 lin)
{
	u32 unused = ctx->la57 ? 7 : 16;

	return (u64)((int64_t)(lin << unused) >> unused) == lin;
}

static int raise_segment(struct emu_ctx *ctx, u8 seg)
{
	return emu_raise(ctx, seg == X86_SS ? VECTOR_SS : VECTOR_GP);
}

static int linear64(struct emu_ctx *ctx, u8 seg, u64 ea, u32 len, gva_t *out)
{
	struct emu_seg s = { 0 };
	u64 lin;

	if (seg == X86_FS || seg == X86_GS)
		ctx->ops->seg_get(ctx, (enum x86_seg)seg, &s);
	lin = s.base + ea;
	if (!is_canonical(ctx, lin) || !is_canonical(ctx, lin + len - 1))
		return raise_segment(ctx, seg);
	*out = GVA(lin);
	return 0;
}

static bool access_permitted(const struct emu_seg *s, bool write)
{
	if (!s->usable)
		return false;
	if (s->type & SEG_TYPE_CODE)
		return !write && (s->type & SEG_TYPE_CODE_READ);
	return !write || (s->type & SEG_TYPE_WRITE);
}

/* A segment that expands down holds what lies above its limit. */
static bool inside_limit(const struct emu_seg *s, u64 ea, u32 len)
{
	u64 last = ea + len - 1;

	if ((s->type & (SEG_TYPE_CODE | SEG_TYPE_DOWN)) == SEG_TYPE_DOWN)
		return ea > s->limit && last <= (s->big ? 0xffffffff : 0xffff);
	return last <= s->limit;
}

int emu_linear(struct emu_ctx *ctx, u8 seg, u64 ea, u32 len, bool write,
	       gva_t *out)
{
	struct emu_seg s;

	if (ctx->mode == X86_MODE_64)
		return linear64(ctx, seg, ea, len, out);
	ctx->ops->seg_get(ctx, (enum x86_seg)seg, &s);
	if (!access_permitted(&s, write) || !inside_limit(&s, ea, len))
		return raise_segment(ctx, seg);
	*out = GVA((s.base + ea) & 0xffffffff);
	return 0;
}

/* Bytes from the operand's start to the word a bit number selects. */
static u64 bit_string_offset(const struct emu_ctx *ctx,
			     const struct x86_insn *insn)
{
	u64 bit;

	if (insn->op->form != X86_F_RM_R || insn->op->kind < X86_OP_BT ||
	    insn->op->kind > X86_OP_BTC)
		return 0;
	bit = emu_sign_extend(ctx->gpr[insn->reg], insn->opsize);
	return (u64)((int64_t)bit >> 3) & ~(u64)(insn->opsize - 1U);
}

u64 emu_effective(const struct emu_ctx *ctx, const struct x86_insn *insn)
{
	u64 ea = insn->disp + bit_string_offset(ctx, insn);

	if (insn->base != X86_REG_NONE)
		ea += ctx->gpr[insn->base];
	if (insn->index != X86_REG_NONE)
		ea += ctx->gpr[insn->index] * insn->scale;
	if (insn->rip_rel)
		ea += ctx->rip + insn->len;
	/* POP computes its address with the stack pointer moved already. */
	if (insn->op->kind == X86_OP_POP && insn->base == X86_RSP)
		ea += insn->opsize;
	return ea & emu_ones(insn->addrsize);
}

int emu_operand_linear(struct emu_ctx *ctx, const struct x86_insn *insn,
		       u32 len, bool write, gva_t *out)
{
	return emu_linear(ctx, insn->seg, emu_effective(ctx, insn), len, write,
			  out);
}

static int resolve_piece(struct emu_ctx *ctx, gva_t gva, bool write,
			 bool faulted, struct emu_piece *p)
{
	/*
	 * Only the access that exited may be taken for translated: not one
	 * at another offset, nor a write where a read was permitted. Another
	 * CPU may have changed the instruction meanwhile.
	 */
	if (faulted && ((gva.v ^ ctx->fault_gpa.v) & (PAGE_SIZE - 1)) == 0 &&
	    (!write || ctx->fault_write)) {
		p->is_mmio = true;
		p->gpa = ctx->fault_gpa;
		return 0;
	}
	return ctx->ops->gva_to_target(ctx, gva, p->len, write, &p->is_mmio,
				       &p->gpa);
}

int emu_resolve(struct emu_ctx *ctx, gva_t gva, u32 len, bool write,
		bool faulted, struct emu_target *out)
{
	u32 in_page = (u32)MIN(PAGE_SIZE - (gva.v & (PAGE_SIZE - 1)), (u64)len);
	u64 next = gva.v + in_page;
	int ret;

	out->gva = gva;
	out->pieces = 1;
	out->piece[0].len = (u8)in_page;
	ret = resolve_piece(ctx, gva, write, faulted, &out->piece[0]);
	if (ret || in_page == len)
		return ret;

	if (ctx->mode != X86_MODE_64)
		next &= 0xffffffff;
	out->pieces = 2;
	out->piece[1].len = (u8)(len - in_page);
	return resolve_piece(ctx, GVA(next), write, faulted, &out->piece[1]);
}

/* An access already made in an earlier attempt; *@val is what it gave. */
static bool replayed(struct emu_ctx *ctx, u64 *val)
{
	if (ctx->log.next == ctx->log.count)
		return false;
	*val = ctx->log.val[ctx->log.next++];
	return true;
}

static int record(struct emu_ctx *ctx, u64 val)
{
	if (ctx->log.count == ARRAY_SIZE(ctx->log.val))
		return -EINVAL;
	ctx->log.val[ctx->log.count++] = val;
	ctx->log.next = ctx->log.count;
	return 0;
}

static int device_read(struct emu_ctx *ctx, gpa_t gpa, u32 size, u64 *val)
{
	int ret;

	if (replayed(ctx, val))
		return 0;
	ret = ctx->ops->mmio_read(ctx, gpa, size, val);
	if (ret)
		return ret;
	*val &= emu_ones(size);
	return record(ctx, *val);
}

static int device_write(struct emu_ctx *ctx, gpa_t gpa, u32 size, u64 val)
{
	u64 unused;
	int ret;

	if (replayed(ctx, &unused))
		return 0;
	ret = ctx->ops->mmio_write(ctx, gpa, size, val & emu_ones(size));
	return ret ? ret : record(ctx, 0);
}

int emu_pio_in(struct emu_ctx *ctx, u16 port, u32 size, u64 *val)
{
	u32 v = 0;
	int ret;

	if (replayed(ctx, val))
		return 0;
	ret = ctx->ops->pio_read(ctx, port, size, &v);
	if (ret)
		return ret;
	*val = v & emu_ones(size);
	return record(ctx, *val);
}

int emu_pio_out(struct emu_ctx *ctx, u16 port, u32 size, u64 val)
{
	u64 unused;
	int ret;

	if (replayed(ctx, &unused))
		return 0;
	ret = ctx->ops->pio_write(ctx, port, size, (u32)(val & emu_ones(size)));
	return ret ? ret : record(ctx, 0);
}

/* The largest power of two that is not above @n: what a bus can carry. */
static u32 chunk_size(u32 n)
{
	return n >= 8 ? 8 : n >= 4 ? 4 : n >= 2 ? 2 : 1;
}

static int load_piece(struct emu_ctx *ctx, gva_t gva, const struct emu_piece *p,
		      u64 *val)
{
	u32 done;
	u32 n;
	u64 v;
	int ret;

	*val = 0;
	if (!p->is_mmio)
		return ctx->ops->mem_read(ctx, gva, val, p->len);
	for (done = 0; done < p->len; done += n) {
		n = chunk_size(p->len - done);
		ret = device_read(ctx, gpa_add(p->gpa, done), n, &v);
		if (ret)
			return ret;
		*val |= v << (8 * done);
	}
	return 0;
}

static int store_piece(struct emu_ctx *ctx, gva_t gva,
		       const struct emu_piece *p, u64 val)
{
	u32 done;
	u32 n;
	int ret;

	if (!p->is_mmio)
		return ctx->ops->mem_write(ctx, gva, &val, p->len);
	for (done = 0; done < p->len; done += n) {
		n = chunk_size(p->len - done);
		ret = device_write(ctx, gpa_add(p->gpa, done), n,
				   val >> (8 * done));
		if (ret)
			return ret;
	}
	return 0;
}

static gva_t piece_gva(const struct emu_ctx *ctx, const struct emu_target *t,
		       u32 i)
{
	u64 gva = t->gva.v + (i ? t->piece[0].len : 0);

	return GVA(ctx->mode == X86_MODE_64 ? gva : gva & 0xffffffff);
}

int emu_load(struct emu_ctx *ctx, const struct emu_target *t, u64 *val)
{
	u32 shift = 0;
	u32 i;
	u64 v;
	int ret;

	*val = 0;
	for (i = 0; i < t->pieces; i++) {
		ret = load_piece(ctx, piece_gva(ctx, t, i), &t->piece[i], &v);
		if (ret)
			return ret;
		*val |= v << shift;
		shift += 8U * t->piece[i].len;
	}
	return 0;
}

int emu_store(struct emu_ctx *ctx, const struct emu_target *t, u64 val)
{
	u32 shift = 0;
	u32 i;
	int ret;

	for (i = 0; i < t->pieces; i++) {
		ret = store_piece(ctx, piece_gva(ctx, t, i), &t->piece[i],
				  val >> shift);
		if (ret)
			return ret;
		shift += 8U * t->piece[i].len;
	}
	return 0;
}
