/* SPDX-License-Identifier: BSD-2-Clause */
#include "guest/x86/decode.h"

#include "guest/x86/decode_table.h"
#include "lib/errno.h"

#define REX_W 0x08
#define REX_R 0x04
#define REX_X 0x02
#define REX_B 0x01

/* The bytes being read, and what prefixes said. */
struct reader {
	const u8 *bytes;
	u32 pos;
	u32 end;
	bool short_of;        /* a read went past the end */
	bool opsize_prefix;   /* 66 */
	bool addrsize_prefix; /* 67 */
	u32 flags;            /* X86_D_* of the row, and of its group */
};

static u8 take_byte(struct reader *r)
{
	if (r->pos >= r->end) {
		r->short_of = true;
		return 0;
	}
	return r->bytes[r->pos++];
}

/* A little-endian number of 1, 2, 4 or 8 bytes, sign-extended. */
static u64 take_signed(struct reader *r, u32 size)
{
	u64 v = 0;
	u32 i;

	for (i = 0; i < size; i++)
		v |= (u64)take_byte(r) << (8 * i);
	if (size < 8 && (v >> (8 * size - 1)) != 0)
		v |= ~(u64)0 << (8 * size);
	return v;
}

/* In 64-bit mode only FS and GS are more than a null prefix. */
static void take_segment(struct x86_insn *insn, u8 seg)
{
	if (insn->mode == X86_MODE_64 && seg < X86_FS)
		return;
	insn->seg = seg;
	insn->seg_override = true;
}

static bool take_legacy_prefix(struct reader *r, struct x86_insn *insn, u8 b)
{
	switch (b) {
	case 0x26:
	case 0x2e:
	case 0x36:
	case 0x3e:
		take_segment(insn, (u8)((b >> 3) & 3));
		return true;
	case 0x64:
	case 0x65:
		take_segment(insn, (u8)(X86_FS + (b & 1)));
		return true;
	case 0x66:
		r->opsize_prefix = true;
		return true;
	case 0x67:
		r->addrsize_prefix = true;
		return true;
	case 0xf0:
		insn->lock = true;
		return true;
	case 0xf2:
	case 0xf3:
		/* Of several, the last one counts. */
		insn->repne = b == 0xf2;
		insn->rep = b == 0xf3;
		return true;
	default:
		return false;
	}
}

/* Consume prefixes; return the first byte that is none. */
static u8 take_prefixes(struct reader *r, struct x86_insn *insn)
{
	u8 b;

	for (;;) {
		b = take_byte(r);
		if (insn->mode == X86_MODE_64 && (b & 0xf0) == 0x40)
			insn->rex = b;
		else if (take_legacy_prefix(r, insn, b))
			insn->rex = 0; /* REX counts only right before opcode */
		else
			return b;
		if (r->short_of)
			return 0;
	}
}

static const struct x86_op *find_prefixed(const struct reader *r,
					  const struct x86_insn *insn, u8 row)
{
	enum x86_mandatory p = X86_P_NONE;

	if (insn->rep)
		p = X86_P_F3;
	else if (insn->repne)
		p = X86_P_F2;
	else if (r->opsize_prefix)
		p = X86_P_66;
	return &x86_prefix_rows[row][p];
}

static const struct x86_op *find_opcode(struct reader *r, struct x86_insn *insn,
					u8 b)
{
	const struct x86_op *op;

	insn->map = X86_MAP_1;
	insn->opcode = b;
	if (b != 0x0f)
		return &x86_map_1[b];

	insn->map = X86_MAP_0F;
	insn->opcode = take_byte(r);
	op = &x86_map_0f[insn->opcode];
	if (insn->opcode != 0x38)
		return op;

	insn->map = X86_MAP_0F38;
	insn->opcode = take_byte(r);
	if ((insn->opcode & 0xfe) == 0xf0)
		return &x86_movbe_rows[insn->opcode & 1];
	return op;
}

static const struct x86_op *find_group7_reg(u8 modrm)
{
	u32 i;

	for (i = 0; i < X86_GROUP7_REGS; i++) {
		if (x86_group7_regs[i].modrm == modrm)
			return &x86_group7_regs[i].op;
	}
	return NULL;
}

static void take_modrm(struct reader *r, struct x86_insn *insn)
{
	u8 b = take_byte(r);

	insn->has_modrm = true;
	insn->mod = b >> 6;
	insn->reg = (u8)((b >> 3) & 7);
	insn->rm = b & 7;
}

/* The group member that ModRM selects. Rows without one are of kind NONE. */
static const struct x86_op *find_member(const struct x86_op *op,
					const struct x86_insn *insn)
{
	const struct x86_op *reg7;
	u8 modrm = (u8)(insn->mod << 6 | insn->reg << 3 | insn->rm);

	if ((op->flags & X86_D_GROUP7) && insn->mod == 3) {
		reg7 = find_group7_reg(modrm);
		if (reg7)
			return reg7;
	}
	return &x86_group_rows[op->form][insn->reg];
}

static void set_opsize(const struct reader *r, struct x86_insn *insn)
{
	bool wide = insn->mode != X86_MODE_16;

	insn->opsize = wide != r->opsize_prefix ? 4 : 2;
	if (r->flags & X86_D_MIN32)
		insn->opsize = 4;
	if (insn->rex & REX_W)
		insn->opsize = r->flags & X86_D_MAX32 ? 4 : 8;
	if ((r->flags & X86_D_DEF64) && insn->mode == X86_MODE_64)
		insn->opsize = r->opsize_prefix && !(insn->rex & REX_W) ? 2 : 8;
	if (r->flags & X86_D_BYTE)
		insn->opsize = 1;
}

static void set_memsize(const struct reader *r, struct x86_insn *insn)
{
	insn->memsize = insn->opsize;
	if (r->flags & X86_D_MEM8)
		insn->memsize = 1;
	if (r->flags & X86_D_MEM16)
		insn->memsize = 2;
	if (r->flags & X86_D_MEM32)
		insn->memsize = 4;
	if (r->flags & X86_D_MEM128)
		insn->memsize = 16;
	if (r->flags & X86_D_MEM2X)
		insn->memsize = insn->opsize == 8 ? 16 : 8;
}

static void set_addrsize(const struct reader *r, struct x86_insn *insn)
{
	static const u8 size[3][2] = { { 2, 4 }, { 4, 2 }, { 8, 4 } };

	insn->addrsize = size[insn->mode][r->addrsize_prefix];
}

/* 16-bit addressing: base and index by r/m (SDM vol. 2, table 2-1). */
static void take_address16(struct reader *r, struct x86_insn *insn)
{
	static const u8 base[8] = { X86_RBX, X86_RBX, X86_RBP, X86_RBP,
				    X86_RSI, X86_RDI, X86_RBP, X86_RBX };
	static const u8 index[4] = { X86_RSI, X86_RDI, X86_RSI, X86_RDI };

	if (insn->mod == 0 && insn->rm == 6) {
		insn->disp = take_signed(r, 2);
		return;
	}
	insn->base = base[insn->rm];
	if (insn->rm < 4)
		insn->index = index[insn->rm];
	if (insn->mod != 0)
		insn->disp = take_signed(r, insn->mod);
}

static void take_sib(struct reader *r, struct x86_insn *insn)
{
	u8 b = take_byte(r);
	u8 index = (u8)((b >> 3 & 7) | (insn->rex & REX_X ? 8 : 0));

	insn->scale = (u8)(1 << (b >> 6));
	if (index != X86_RSP)
		insn->index = index;
	if ((b & 7) == X86_RBP && insn->mod == 0)
		insn->disp = take_signed(r, 4);
	else
		insn->base = (u8)((b & 7) | (insn->rex & REX_B ? 8 : 0));
}

static void take_address(struct reader *r, struct x86_insn *insn)
{
	static const u8 disp_size[3] = { 0, 1, 4 };

	if (insn->rm == X86_RSP) {
		take_sib(r, insn);
	} else if (insn->rm == X86_RBP && insn->mod == 0) {
		insn->disp = take_signed(r, 4);
		insn->rip_rel = insn->mode == X86_MODE_64;
	} else {
		insn->base = (u8)(insn->rm | (insn->rex & REX_B ? 8 : 0));
	}
	if (insn->mod != 0)
		insn->disp = take_signed(r, disp_size[insn->mod]);
}

/* The operand ModRM names, once its kind of instruction is known. */
static void take_rm(struct reader *r, struct x86_insn *insn)
{
	if (insn->mod == 3 || (r->flags & X86_D_ONLYREG)) {
		insn->rm |= insn->rex & REX_B ? 8 : 0;
	} else {
		insn->is_mem = true;
		if (insn->addrsize == 2)
			take_address16(r, insn);
		else
			take_address(r, insn);
	}
	insn->reg |= insn->rex & REX_R ? 8 : 0;
}

static void set_segment(struct x86_insn *insn)
{
	if (insn->seg_override)
		return;
	insn->seg = X86_DS;
	if (insn->base == X86_RSP || insn->base == X86_RBP)
		insn->seg = X86_SS;
}

static void take_operands(struct reader *r, struct x86_insn *insn)
{
	if (insn->has_modrm)
		take_rm(r, insn);
	if (insn->op->form == X86_F_A_MOFFS ||
	    insn->op->form == X86_F_MOFFS_A) {
		insn->is_mem = true;
		insn->disp = take_signed(r, insn->addrsize);
	}
	if (r->flags & X86_D_IMMU8)
		insn->imm = take_byte(r);
	else if (r->flags & X86_D_IMM8)
		insn->imm = take_signed(r, 1);
	else if (r->flags & X86_D_IMMZ)
		insn->imm = take_signed(r, insn->opsize == 2 ? 2 : 4);
}

/* CR0, 2, 3, 4, 8 and DR0..7 exist; others raise #UD. */
static bool control_register_valid(const struct x86_insn *insn)
{
	switch (insn->op->kind) {
	case X86_OP_MOV_FROM_CR:
	case X86_OP_MOV_TO_CR:
		return insn->reg <= 8 && (BIT32(insn->reg) & 0x11d) != 0;
	case X86_OP_MOV_FROM_DR:
	case X86_OP_MOV_TO_DR:
		return insn->reg < 8;
	default:
		return true;
	}
}

static bool prefixes_valid(const struct reader *r, const struct x86_insn *insn)
{
	bool rep = insn->rep || insn->repne;

	if (insn->lock && !(insn->is_mem && (r->flags & X86_D_LOCK)))
		return false;
	if ((r->flags & X86_D_NOREP) && rep)
		return false;
	if ((r->flags & X86_D_NOPREFIX) && (rep || r->opsize_prefix))
		return false;
	if ((r->flags & X86_D_NO16) && insn->mode == X86_MODE_64 &&
	    r->opsize_prefix && !(insn->rex & REX_W))
		return false;
	/* 90 with REX.B is XCHG of R8. */
	return insn->opcode != 0x90 || insn->map != X86_MAP_1 ||
	       !(insn->rex & REX_B);
}

static bool insn_valid(const struct reader *r, const struct x86_insn *insn)
{
	if ((r->flags & X86_D_ONLYMEM) && !insn->is_mem)
		return false;
	if ((r->flags & X86_D_ONLY64) && insn->mode != X86_MODE_64)
		return false;
	return control_register_valid(insn) && prefixes_valid(r, insn);
}

/* The row of the instruction, through at most one level of indirection. */
static int find_op(struct reader *r, struct x86_insn *insn)
{
	const struct x86_op *op = find_opcode(r, insn, take_prefixes(r, insn));

	if (r->short_of)
		return -ERANGE;
	if (op->flags & X86_D_PREFIX)
		op = find_prefixed(r, insn, op->form);
	r->flags = op->flags;
	if (op->flags & X86_D_MODRM)
		take_modrm(r, insn);
	if (r->short_of)
		return -ERANGE;
	if (op->flags & X86_D_GROUP) {
		op = find_member(op, insn);
		r->flags |= op->flags;
	}
	insn->op = op;
	return op->kind == X86_OP_NONE ? -EINVAL : 0;
}

int x86_decode(const u8 *bytes, u32 avail, enum x86_mode mode,
	       struct x86_insn *insn)
{
	struct reader r = { .bytes = bytes, .end = MIN(avail, X86_INSN_MAX) };
	int ret;

	*insn = (struct x86_insn){
		.mode = (u8)mode,
		.base = X86_REG_NONE,
		.index = X86_REG_NONE,
		.scale = 1,
	};
	ret = find_op(&r, insn);
	if (ret)
		return ret;

	set_opsize(&r, insn);
	set_memsize(&r, insn);
	set_addrsize(&r, insn);
	take_operands(&r, insn);
	if (r.short_of)
		return -ERANGE;

	set_segment(insn);
	insn->len = (u8)r.pos;
	return insn_valid(&r, insn) ? 0 : -EINVAL;
}

bool x86_insn_writes_mem(const struct x86_insn *insn)
{
	return insn->is_mem && (insn->op->flags & X86_D_WRITE);
}

static bool is_prefix(u8 b)
{
	/* Bit n of word w: byte 32 * w + n is a legacy or REX prefix. */
	static const u32 set[8] = {
		[1] = BIT32(0x06) | BIT32(0x0e) | BIT32(0x16) | BIT32(0x1e),
		[2] = 0xffff,
		[3] = BIT32(4) | BIT32(5) | BIT32(6) | BIT32(7),
		[7] = BIT32(0x10) | BIT32(0x12) | BIT32(0x13),
	};

	return set[b >> 5] >> (b & 31) & 1;
}

static bool starts_with(const u8 *bytes, const u8 *opcode, u32 len)
{
	u32 i;

	for (i = 0; i < len; i++) {
		if (bytes[i] != opcode[i])
			return false;
	}
	return true;
}

u32 x86_insn_len_fixed(const u8 *bytes, u32 avail, const u8 *opcode,
		       u32 opcode_len)
{
	u32 end = MIN(avail, X86_INSN_MAX);
	u32 pos;

	/* Prefixes are rare: look for the opcode first. */
	for (pos = 0; pos + opcode_len <= end; pos++) {
		if (likely(starts_with(bytes + pos, opcode, opcode_len)))
			return pos + opcode_len;
		if (!is_prefix(bytes[pos]))
			break;
	}
	return 0;
}
