/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * x86 instruction decoder: pure C, no state, no hardware. It knows what a
 * kernel or driver may use on device memory, what a hypervisor must skip
 * after an intercept, and refuses everything else.
 */
#ifndef GUEST_X86_DECODE_H
#define GUEST_X86_DECODE_H

#include "lib/types.h"

/** Longest instruction the architecture allows (SDM vol. 2, 2.3.11). */
#define X86_INSN_MAX 15

enum x86_mode { X86_MODE_16, X86_MODE_32, X86_MODE_64 };

/* clang-format off */
/** Register numbers as instructions encode them. */
enum x86_reg {
	X86_RAX, X86_RCX, X86_RDX, X86_RBX, X86_RSP, X86_RBP, X86_RSI, X86_RDI,
	X86_R8, X86_R9, X86_R10, X86_R11, X86_R12, X86_R13, X86_R14, X86_R15,
	X86_GPRS,
	X86_REG_NONE = 0xff,
};

/** Segment numbers as ModRM.reg encodes them. */
enum x86_seg {
	X86_ES,
	X86_CS,
	X86_SS,
	X86_DS,
	X86_FS,
	X86_GS,
	X86_SEGS,
	X86_SEG_NONE = 0xff,
};

enum x86_map { X86_MAP_1, X86_MAP_0F, X86_MAP_0F38 };

/** What an instruction does. ALU and shift names keep their opcode order. */
enum x86_kind {
	X86_OP_NONE,
	X86_OP_ADD, X86_OP_OR, X86_OP_ADC, X86_OP_SBB,
	X86_OP_AND, X86_OP_SUB, X86_OP_XOR, X86_OP_CMP,
	X86_OP_ROL, X86_OP_ROR, X86_OP_RCL, X86_OP_RCR,
	X86_OP_SHL, X86_OP_SHR, X86_OP_SAL, X86_OP_SAR,
	X86_OP_BT, X86_OP_BTS, X86_OP_BTR, X86_OP_BTC,
	X86_OP_MOV, X86_OP_MOVZX, X86_OP_MOVSX, X86_OP_MOVBE,
	X86_OP_TEST, X86_OP_NOT, X86_OP_NEG, X86_OP_INC, X86_OP_DEC,
	X86_OP_MUL, X86_OP_IMUL, X86_OP_DIV, X86_OP_IDIV, X86_OP_IMUL_R,
	X86_OP_XCHG, X86_OP_XADD, X86_OP_CMPXCHG, X86_OP_CMPXCHG8B,
	X86_OP_SETCC, X86_OP_CMOVCC,
	X86_OP_MOVS, X86_OP_STOS, X86_OP_LODS, X86_OP_CMPS, X86_OP_SCAS,
	X86_OP_INS, X86_OP_OUTS, X86_OP_IN, X86_OP_OUT,
	X86_OP_PUSH, X86_OP_POP, X86_OP_CALL, X86_OP_JMP,
	X86_OP_SSE_MOV, X86_OP_CLFLUSH, X86_OP_NOP,
	/* Decoded so that an intercept can be answered; never emulated. */
	X86_OP_CPUID, X86_OP_RDMSR, X86_OP_WRMSR, X86_OP_HLT,
	X86_OP_VMMCALL, X86_OP_VMCALL, X86_OP_MOV_FROM_CR, X86_OP_MOV_TO_CR,
	X86_OP_MOV_FROM_DR, X86_OP_MOV_TO_DR, X86_OP_CLTS, X86_OP_LMSW,
	X86_OP_SMSW, X86_OP_XSETBV, X86_OP_XGETBV, X86_OP_INVD, X86_OP_WBINVD,
	X86_OP_INVLPG, X86_OP_RDTSC, X86_OP_RDTSCP, X86_OP_RDPMC,
	X86_OP_PAUSE, X86_OP_MONITOR, X86_OP_MWAIT, X86_OP_CLGI, X86_OP_STGI,
	X86_OP_VMRUN, X86_OP_VMLOAD, X86_OP_VMSAVE, X86_OP_SKINIT,
	X86_OP_INVLPGA,
	X86_OP_KINDS,
};
/* clang-format on */

/** Where an instruction keeps its operands; the first is the destination. */
enum x86_form {
	X86_F_NONE,     /* none, or implied by the kind */
	X86_F_RM_R,     /* r/m, register */
	X86_F_R_RM,     /* register, r/m */
	X86_F_RM_IMM,   /* r/m, immediate */
	X86_F_R_RM_IMM, /* register, r/m, immediate */
	X86_F_A_IMM,    /* accumulator, immediate */
	X86_F_A_MOFFS,  /* accumulator, memory at an absolute offset */
	X86_F_MOFFS_A,  /* memory at an absolute offset, accumulator */
	X86_F_RM,       /* r/m alone */
	X86_F_RM_1,     /* r/m by one */
	X86_F_RM_CL,    /* r/m by CL */
	X86_F_STRING,   /* implied rSI and/or rDI */
	X86_F_IMM_A,    /* port in an immediate byte, accumulator */
	X86_F_DX_A,     /* port in DX, accumulator */
};

/** One row of an opcode table. */
struct x86_op {
	u8 kind;   /* enum x86_kind */
	u8 form;   /* enum x86_form */
	u32 flags; /* X86_D_*, decode_table.h */
};

/**
 * A decoded instruction. Register numbers carry the REX extension already;
 * X86_REG_NONE where there is none. @disp and @imm are sign-extended, but for
 * port numbers, shift counts and bit numbers.
 */
struct x86_insn {
	const struct x86_op *op;
	u64 disp;
	u64 imm;
	u8 len;      /* bytes, 1..15 */
	u8 map;      /* enum x86_map */
	u8 opcode;   /* last opcode byte */
	u8 opsize;   /* operand size in bytes: 1, 2, 4, 8, 16 */
	u8 memsize;  /* size of the memory (r/m) operand */
	u8 addrsize; /* 2, 4, 8 */
	u8 mode;     /* enum x86_mode it was decoded for */
	u8 seg;      /* enum x86_seg of the memory operand */
	u8 rex;      /* the whole REX byte, 0 if none */
	u8 mod;      /* ModRM, if has_modrm */
	u8 reg;
	u8 rm;
	u8 base; /* of the memory operand */
	u8 index;
	u8 scale;   /* 1, 2, 4, 8 */
	bool rep;   /* F3 */
	bool repne; /* F2 */
	bool lock;
	bool seg_override;
	bool has_modrm;
	bool is_mem;  /* has an explicit memory operand */
	bool rip_rel; /* address is relative to the next rip */
};

/**
 * Decode one instruction from @bytes, of which @avail may be read.
 * Return 0; -EINVAL if it is not one we know, or is invalid in @mode;
 * -ERANGE if it needs more than @avail bytes or is longer than 15.
 */
int x86_decode(const u8 *bytes, u32 avail, enum x86_mode mode,
	       struct x86_insn *insn);

/** Does the instruction write its r/m (or moffs) operand? */
bool x86_insn_writes_mem(const struct x86_insn *insn);

/**
 * Length of an instruction whose opcode is known from the exit: skip legacy
 * and REX prefixes, then compare @opcode_len bytes. Nothing may follow the
 * opcode. Return the total length, or 0 if @bytes is not that instruction
 * or is longer than @avail or 15.
 */
u32 x86_insn_len_fixed(const u8 *bytes, u32 avail, const u8 *opcode,
		       u32 opcode_len);

#endif
