/* SPDX-License-Identifier: BSD-2-Clause */
#include "guest/x86/decode_table.h"

/* clang-format off */

#define M	X86_D_MODRM
#define B	X86_D_BYTE
#define I8	X86_D_IMM8
#define U8	X86_D_IMMU8
#define IZ	X86_D_IMMZ
#define W	X86_D_WRITE
#define L	X86_D_LOCK
#define MEM	X86_D_ONLYMEM

#define OP(kind, form, flags)	{ X86_OP_##kind, X86_F_##form, (flags) }
#define GROUP(n, flags)		{ X86_OP_NONE, (n), X86_D_GROUP | M | (flags) }
#define PREFIX(n)		{ X86_OP_NONE, (n), X86_D_PREFIX }

/* The six forms of an ALU instruction; CMP alone does not write. */
#define ALU(first, kind, w) \
	[(first) + 0] = OP(kind, RM_R, M | B | (w)), \
	[(first) + 1] = OP(kind, RM_R, M | (w)), \
	[(first) + 2] = OP(kind, R_RM, M | B), \
	[(first) + 3] = OP(kind, R_RM, M), \
	[(first) + 4] = OP(kind, A_IMM, B | I8), \
	[(first) + 5] = OP(kind, A_IMM, IZ)

enum {
	GROUP_1, GROUP_1A, GROUP_2_IMM, GROUP_2_1, GROUP_2_CL, GROUP_3_B,
	GROUP_3_Z, GROUP_4, GROUP_5, GROUP_7, GROUP_8, GROUP_9, GROUP_11,
	GROUP_15, GROUP_15_66,
};

enum {
	PREFIX_90, PREFIX_10, PREFIX_11, PREFIX_28, PREFIX_29, PREFIX_2B,
	PREFIX_6F, PREFIX_7F, PREFIX_AE, PREFIX_E7,
};

const struct x86_op x86_map_1[256] = {
	ALU(0x00, ADD, W | L),
	ALU(0x08, OR, W | L),
	ALU(0x10, ADC, W | L),
	ALU(0x18, SBB, W | L),
	ALU(0x20, AND, W | L),
	ALU(0x28, SUB, W | L),
	ALU(0x30, XOR, W | L),
	ALU(0x38, CMP, 0),
	[0x63] = OP(MOVSX, R_RM, M | X86_D_MEM32 | X86_D_ONLY64 | X86_D_NO16),
	[0x69] = OP(IMUL_R, R_RM_IMM, M | IZ),
	[0x6b] = OP(IMUL_R, R_RM_IMM, M | I8),
	[0x6c] = OP(INS, STRING, B),
	[0x6d] = OP(INS, STRING, X86_D_MAX32),
	[0x6e] = OP(OUTS, STRING, B),
	[0x6f] = OP(OUTS, STRING, X86_D_MAX32),
	[0x80] = GROUP(GROUP_1, B | I8),
	[0x81] = GROUP(GROUP_1, IZ),
	[0x83] = GROUP(GROUP_1, I8),
	[0x84] = OP(TEST, RM_R, M | B),
	[0x85] = OP(TEST, RM_R, M),
	[0x86] = OP(XCHG, RM_R, M | B | W | L),
	[0x87] = OP(XCHG, RM_R, M | W | L),
	[0x88] = OP(MOV, RM_R, M | B | W),
	[0x89] = OP(MOV, RM_R, M | W),
	[0x8a] = OP(MOV, R_RM, M | B),
	[0x8b] = OP(MOV, R_RM, M),
	[0x8f] = GROUP(GROUP_1A, X86_D_DEF64),
	[0x90] = PREFIX(PREFIX_90),
	[0xa0] = OP(MOV, A_MOFFS, B),
	[0xa1] = OP(MOV, A_MOFFS, 0),
	[0xa2] = OP(MOV, MOFFS_A, B | W),
	[0xa3] = OP(MOV, MOFFS_A, W),
	[0xa4] = OP(MOVS, STRING, B),
	[0xa5] = OP(MOVS, STRING, 0),
	[0xa6] = OP(CMPS, STRING, B),
	[0xa7] = OP(CMPS, STRING, 0),
	[0xa8] = OP(TEST, A_IMM, B | I8),
	[0xa9] = OP(TEST, A_IMM, IZ),
	[0xaa] = OP(STOS, STRING, B),
	[0xab] = OP(STOS, STRING, 0),
	[0xac] = OP(LODS, STRING, B),
	[0xad] = OP(LODS, STRING, 0),
	[0xae] = OP(SCAS, STRING, B),
	[0xaf] = OP(SCAS, STRING, 0),
	[0xc0] = GROUP(GROUP_2_IMM, B),
	[0xc1] = GROUP(GROUP_2_IMM, 0),
	[0xc6] = GROUP(GROUP_11, B | I8),
	[0xc7] = GROUP(GROUP_11, IZ),
	[0xd0] = GROUP(GROUP_2_1, B),
	[0xd1] = GROUP(GROUP_2_1, 0),
	[0xd2] = GROUP(GROUP_2_CL, B),
	[0xd3] = GROUP(GROUP_2_CL, 0),
	[0xe4] = OP(IN, IMM_A, B | U8),
	[0xe5] = OP(IN, IMM_A, U8 | X86_D_MAX32),
	[0xe6] = OP(OUT, IMM_A, B | U8),
	[0xe7] = OP(OUT, IMM_A, U8 | X86_D_MAX32),
	[0xec] = OP(IN, DX_A, B),
	[0xed] = OP(IN, DX_A, X86_D_MAX32),
	[0xee] = OP(OUT, DX_A, B),
	[0xef] = OP(OUT, DX_A, X86_D_MAX32),
	[0xf4] = OP(HLT, NONE, 0),
	[0xf6] = GROUP(GROUP_3_B, B),
	[0xf7] = GROUP(GROUP_3_Z, 0),
	[0xfe] = GROUP(GROUP_4, B),
	[0xff] = GROUP(GROUP_5, 0),
};

#define CC(first, kind, form, flags) \
	[(first)] = OP(kind, form, flags), \
	[(first) + 1] = OP(kind, form, flags), \
	[(first) + 2] = OP(kind, form, flags), \
	[(first) + 3] = OP(kind, form, flags), \
	[(first) + 4] = OP(kind, form, flags), \
	[(first) + 5] = OP(kind, form, flags), \
	[(first) + 6] = OP(kind, form, flags), \
	[(first) + 7] = OP(kind, form, flags)

const struct x86_op x86_map_0f[256] = {
	[0x01] = GROUP(GROUP_7, X86_D_GROUP7),
	[0x06] = OP(CLTS, NONE, 0),
	[0x08] = OP(INVD, NONE, 0),
	[0x09] = OP(WBINVD, NONE, 0),
	[0x10] = PREFIX(PREFIX_10),
	[0x11] = PREFIX(PREFIX_11),
	[0x20] = OP(MOV_FROM_CR, RM_R, M | X86_D_ONLYREG),
	[0x21] = OP(MOV_FROM_DR, RM_R, M | X86_D_ONLYREG),
	[0x22] = OP(MOV_TO_CR, R_RM, M | X86_D_ONLYREG),
	[0x23] = OP(MOV_TO_DR, R_RM, M | X86_D_ONLYREG),
	[0x28] = PREFIX(PREFIX_28),
	[0x29] = PREFIX(PREFIX_29),
	[0x2b] = PREFIX(PREFIX_2B),
	[0x30] = OP(WRMSR, NONE, 0),
	[0x31] = OP(RDTSC, NONE, 0),
	[0x32] = OP(RDMSR, NONE, 0),
	[0x33] = OP(RDPMC, NONE, 0),
	CC(0x40, CMOVCC, R_RM, M),
	CC(0x48, CMOVCC, R_RM, M),
	[0x6f] = PREFIX(PREFIX_6F),
	[0x7f] = PREFIX(PREFIX_7F),
	CC(0x90, SETCC, RM, M | B | W),
	CC(0x98, SETCC, RM, M | B | W),
	[0xa2] = OP(CPUID, NONE, 0),
	[0xa3] = OP(BT, RM_R, M),
	[0xab] = OP(BTS, RM_R, M | W | L),
	[0xae] = PREFIX(PREFIX_AE),
	[0xaf] = OP(IMUL_R, R_RM, M),
	[0xb0] = OP(CMPXCHG, RM_R, M | B | W | L),
	[0xb1] = OP(CMPXCHG, RM_R, M | W | L),
	[0xb3] = OP(BTR, RM_R, M | W | L),
	[0xb6] = OP(MOVZX, R_RM, M | X86_D_MEM8),
	[0xb7] = OP(MOVZX, R_RM, M | X86_D_MEM16),
	[0xba] = GROUP(GROUP_8, U8),
	[0xbb] = OP(BTC, RM_R, M | W | L),
	[0xbe] = OP(MOVSX, R_RM, M | X86_D_MEM8),
	[0xbf] = OP(MOVSX, R_RM, M | X86_D_MEM16),
	[0xc0] = OP(XADD, RM_R, M | B | W | L),
	[0xc1] = OP(XADD, RM_R, M | W | L),
	/* MOVNTI: the cache hint means nothing to device memory. */
	[0xc3] = OP(MOV, RM_R, M | W | MEM | X86_D_NOPREFIX | X86_D_MIN32),
	[0xc7] = GROUP(GROUP_9, 0),
	[0xe7] = PREFIX(PREFIX_E7),
};

const struct x86_op x86_movbe_rows[2] = {
	OP(MOVBE, R_RM, M | MEM | X86_D_NOREP),
	OP(MOVBE, RM_R, M | MEM | W | X86_D_NOREP),
};

#define SHIFTS(form, f) { \
	OP(ROL, form, f), OP(ROR, form, f), OP(RCL, form, f), \
	OP(RCR, form, f), OP(SHL, form, f), OP(SHR, form, f), \
	OP(SAL, form, f), OP(SAR, form, f), \
}

#define GROUP3(imm) { \
	OP(TEST, RM_IMM, imm), OP(TEST, RM_IMM, imm), \
	OP(NOT, RM, W | L), OP(NEG, RM, W | L), \
	OP(MUL, RM, 0), OP(IMUL, RM, 0), OP(DIV, RM, 0), OP(IDIV, RM, 0), \
}

const struct x86_op x86_group_rows[][8] = {
	[GROUP_1] = {
		OP(ADD, RM_IMM, W | L), OP(OR, RM_IMM, W | L),
		OP(ADC, RM_IMM, W | L), OP(SBB, RM_IMM, W | L),
		OP(AND, RM_IMM, W | L), OP(SUB, RM_IMM, W | L),
		OP(XOR, RM_IMM, W | L), OP(CMP, RM_IMM, 0),
	},
	[GROUP_1A] = { OP(POP, RM, W) },
	[GROUP_2_IMM] = SHIFTS(RM_IMM, W | U8),
	[GROUP_2_1] = SHIFTS(RM_1, W),
	[GROUP_2_CL] = SHIFTS(RM_CL, W),
	[GROUP_3_B] = GROUP3(I8),
	[GROUP_3_Z] = GROUP3(IZ),
	[GROUP_4] = { OP(INC, RM, W | L), OP(DEC, RM, W | L) },
	[GROUP_5] = {
		OP(INC, RM, W | L), OP(DEC, RM, W | L),
		OP(CALL, RM, X86_D_DEF64 | X86_D_NO16), { 0 },
		OP(JMP, RM, X86_D_DEF64 | X86_D_NO16), { 0 },
		OP(PUSH, RM, X86_D_DEF64), { 0 },
	},
	[GROUP_7] = {
		[4] = OP(SMSW, RM, X86_D_MEM16 | W),
		[6] = OP(LMSW, RM, X86_D_MEM16),
		[7] = OP(INVLPG, RM, X86_D_MEM8 | MEM),
	},
	[GROUP_8] = {
		[4] = OP(BT, RM_IMM, 0), OP(BTS, RM_IMM, W | L),
		OP(BTR, RM_IMM, W | L), OP(BTC, RM_IMM, W | L),
	},
	[GROUP_9] = {
		[1] = OP(CMPXCHG8B, RM, W | L | MEM | X86_D_MEM2X | X86_D_MIN32),
	},
	[GROUP_11] = { OP(MOV, RM_IMM, W) },
	[GROUP_15] = {
		[7] = OP(CLFLUSH, RM, X86_D_MEM8 | MEM),
	},
	/* CLWB, CLFLUSHOPT */
	[GROUP_15_66] = {
		[6] = OP(CLFLUSH, RM, X86_D_MEM8 | MEM),
		[7] = OP(CLFLUSH, RM, X86_D_MEM8 | MEM),
	},
};

#define LOAD	OP(SSE_MOV, R_RM, M | X86_D_MEM128)
#define STORE	OP(SSE_MOV, RM_R, M | W | X86_D_MEM128)
#define STREAM	OP(SSE_MOV, RM_R, M | W | MEM | X86_D_MEM128)

const struct x86_op x86_prefix_rows[][X86_P_COUNT] = {
	[PREFIX_90] = { OP(NOP, NONE, 0), OP(NOP, NONE, 0),
			OP(PAUSE, NONE, 0), OP(NOP, NONE, 0) },
	[PREFIX_10] = { LOAD, LOAD },
	[PREFIX_11] = { STORE, STORE },
	[PREFIX_28] = { LOAD, LOAD },
	[PREFIX_29] = { STORE, STORE },
	[PREFIX_2B] = { STREAM, STREAM },
	[PREFIX_6F] = { { 0 }, LOAD, LOAD },
	[PREFIX_7F] = { { 0 }, STORE, STORE },
	[PREFIX_AE] = { GROUP(GROUP_15, 0), GROUP(GROUP_15_66, 0) },
	[PREFIX_E7] = { { 0 }, STREAM },
};

const struct x86_op_modrm x86_group7_regs[X86_GROUP7_REGS] = {
	{ 0xc1, OP(VMCALL, NONE, X86_D_NOPREFIX) },
	{ 0xc8, OP(MONITOR, NONE, X86_D_NOPREFIX) },
	{ 0xc9, OP(MWAIT, NONE, X86_D_NOPREFIX) },
	{ 0xd0, OP(XGETBV, NONE, X86_D_NOPREFIX) },
	{ 0xd1, OP(XSETBV, NONE, X86_D_NOPREFIX) },
	{ 0xd8, OP(VMRUN, NONE, 0) },
	{ 0xd9, OP(VMMCALL, NONE, 0) },
	{ 0xda, OP(VMLOAD, NONE, 0) },
	{ 0xdb, OP(VMSAVE, NONE, 0) },
	{ 0xdc, OP(STGI, NONE, 0) },
	{ 0xdd, OP(CLGI, NONE, 0) },
	{ 0xde, OP(SKINIT, NONE, 0) },
	{ 0xdf, OP(INVLPGA, NONE, 0) },
	{ 0xf9, OP(RDTSCP, NONE, 0) },
};
/* clang-format on */
