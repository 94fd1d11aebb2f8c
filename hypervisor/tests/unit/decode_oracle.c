/* SPDX-License-Identifier: BSD-2-Clause */
#include <capstone/capstone.h>
#include <Zydis/Zydis.h>
#include <stdio.h>
#include <string.h>

/* capstone has types of the same names */
#define x86_insn holm_x86_insn
#define x86_reg  holm_x86_reg
#define x86_op   holm_x86_op
#include "decode_oracle.h"
#undef x86_insn
#undef x86_reg
#undef x86_op

static ZydisDecoder zydis[3];
static csh capstone[3];
static cs_insn *scratch[3];

void oracle_open(void)
{
	static const ZydisMachineMode zmode[3] = {
		ZYDIS_MACHINE_MODE_LEGACY_16,
		ZYDIS_MACHINE_MODE_LEGACY_32,
		ZYDIS_MACHINE_MODE_LONG_64,
	};
	static const ZydisStackWidth zstack[3] = {
		ZYDIS_STACK_WIDTH_16,
		ZYDIS_STACK_WIDTH_32,
		ZYDIS_STACK_WIDTH_64,
	};
	static const cs_mode cmode[3] = { CS_MODE_16, CS_MODE_32, CS_MODE_64 };
	u32 i;

	for (i = 0; i < 3; i++) {
		ZydisDecoderInit(&zydis[i], zmode[i], zstack[i]);
		cs_open(CS_ARCH_X86, cmode[i], &capstone[i]);
		cs_option(capstone[i], CS_OPT_DETAIL, CS_OPT_ON);
		scratch[i] = cs_malloc(capstone[i]);
	}
}

void oracle_close(void)
{
	u32 i;

	for (i = 0; i < 3; i++) {
		cs_free(scratch[i], 1);
		cs_close(&capstone[i]);
	}
}

static u8 reg_from_zydis(ZydisRegister reg)
{
	if (reg == ZYDIS_REGISTER_NONE || reg == ZYDIS_REGISTER_RIP ||
	    reg == ZYDIS_REGISTER_EIP || reg == ZYDIS_REGISTER_IP)
		return X86_REG_NONE;
	return (u8)ZydisRegisterGetId(reg);
}

static u8 seg_from_zydis(ZydisRegister reg)
{
	return (u8)(reg - ZYDIS_REGISTER_ES);
}

/* SIB without a base; Zydis 4.0.0 overlooks it if REX.B is set. */
static bool no_base(const ZydisDecodedInstruction *insn)
{
	return insn->raw.modrm.mod == 0 && insn->raw.modrm.rm == 4 &&
	       insn->raw.sib.base == 5 && insn->address_width != 16;
}

static void mem_from_zydis(const ZydisDecodedInstruction *insn,
			   const ZydisDecodedOperand *op,
			   struct oracle_insn *out)
{
	out->has_mem = true;
	out->base = reg_from_zydis(op->mem.base);
	out->index = reg_from_zydis(op->mem.index);
	out->scale = op->mem.scale ? op->mem.scale : 1;
	out->disp = (u64)op->mem.disp.value;
	if (no_base(insn)) {
		out->base = X86_REG_NONE;
		out->disp = (u64)insn->raw.disp.value;
	}
	out->seg = seg_from_zydis(op->mem.segment);
	out->memsize = op->size / 8;
	out->rip_rel = op->mem.base == ZYDIS_REGISTER_RIP ||
		       op->mem.base == ZYDIS_REGISTER_EIP;
}

void oracle_zydis(const u8 *bytes, u32 len, enum x86_mode mode,
		  struct oracle_insn *out)
{
	ZydisDecodedOperand op[ZYDIS_MAX_OPERAND_COUNT];
	ZydisDecodedInstruction insn;
	u32 i;

	memset(out, 0, sizeof(*out));
	if (ZYAN_FAILED(ZydisDecoderDecodeFull(&zydis[mode], bytes, len, &insn,
					       op)))
		return;
	out->len = insn.length;
	out->map = (u32)insn.opcode_map;
	out->opcode = insn.opcode;
	out->has_66 = insn.attributes & ZYDIS_ATTRIB_HAS_OPERANDSIZE;
	out->reg = insn.raw.modrm.reg;
	out->opsize = insn.operand_width / 8;
	snprintf(out->name, sizeof(out->name), "%s",
		 ZydisMnemonicGetString(insn.mnemonic));
	for (i = 0; i < insn.operand_count; i++) {
		if (op[i].visibility == ZYDIS_OPERAND_VISIBILITY_HIDDEN)
			continue;
		if (op[i].type == ZYDIS_OPERAND_TYPE_MEMORY && !out->has_mem)
			mem_from_zydis(&insn, &op[i], out);
		if (op[i].type == ZYDIS_OPERAND_TYPE_IMMEDIATE) {
			out->has_imm = true;
			out->imm = op[i].imm.value.u;
		}
	}
}

static u8 reg_from_capstone(csh h, unsigned int reg)
{
	static const char *const name[X86_GPRS][3] = {
		{ "rax", "eax", "ax" },    { "rcx", "ecx", "cx" },
		{ "rdx", "edx", "dx" },    { "rbx", "ebx", "bx" },
		{ "rsp", "esp", "sp" },    { "rbp", "ebp", "bp" },
		{ "rsi", "esi", "si" },    { "rdi", "edi", "di" },
		{ "r8", "r8d", "r8w" },    { "r9", "r9d", "r9w" },
		{ "r10", "r10d", "r10w" }, { "r11", "r11d", "r11w" },
		{ "r12", "r12d", "r12w" }, { "r13", "r13d", "r13w" },
		{ "r14", "r14d", "r14w" }, { "r15", "r15d", "r15w" },
	};
	const char *s = cs_reg_name(h, reg);
	u8 i;

	for (i = 0; s && i < X86_GPRS; i++) {
		if (!strcmp(s, name[i][0]) || !strcmp(s, name[i][1]) ||
		    !strcmp(s, name[i][2]))
			return i;
	}
	return X86_REG_NONE;
}

static void mem_from_capstone(csh h, const cs_x86_op *op,
			      struct oracle_insn *out)
{
	out->has_mem = true;
	out->base = reg_from_capstone(h, op->mem.base);
	out->index = reg_from_capstone(h, op->mem.index);
	out->scale = (u8)op->mem.scale;
	out->disp = (u64)op->mem.disp;
	out->memsize = op->size;
	out->rip_rel =
		op->mem.base == X86_REG_RIP || op->mem.base == X86_REG_EIP;
}

void oracle_capstone(const u8 *bytes, u32 len, enum x86_mode mode,
		     struct oracle_insn *out)
{
	cs_insn *insn = scratch[mode];
	const uint8_t *p = bytes;
	const cs_x86 *x86;
	size_t left = len;
	uint64_t addr = 0;
	u32 i;

	memset(out, 0, sizeof(*out));
	if (!cs_disasm_iter(capstone[mode], &p, &left, &addr, insn))
		return;
	out->len = insn->size;
	snprintf(out->name, sizeof(out->name), "%s", insn->mnemonic);
	x86 = &insn->detail->x86;
	for (i = 0; i < x86->op_count; i++) {
		if (x86->operands[i].type == X86_OP_MEM && !out->has_mem)
			mem_from_capstone(capstone[mode], &x86->operands[i],
					  out);
		if (x86->operands[i].type == X86_OP_IMM) {
			out->has_imm = true;
			out->imm = (u64)x86->operands[i].imm;
		}
	}
}
