/* SPDX-License-Identifier: BSD-2-Clause */
/* The opcode tables, shared by the decoder's two files only. */
#ifndef GUEST_X86_DECODE_TABLE_H
#define GUEST_X86_DECODE_TABLE_H

#include "guest/x86/decode.h"

/* How the rest of an instruction is read. */
#define X86_D_MODRM BIT32(0)
#define X86_D_BYTE  BIT32(1)  /* operands are bytes */
#define X86_D_IMM8  BIT32(2)  /* one immediate byte */
#define X86_D_IMMZ  BIT32(3)  /* immediate of 2 or 4 bytes */
#define X86_D_IMMU8 BIT32(22) /* one immediate byte, not signed */
#define X86_D_DEF64 BIT32(4)  /* 8 bytes without REX.W in 64-bit mode */
#define X86_D_MAX32 BIT32(5)  /* never 8 bytes, REX.W is ignored */
#define X86_D_MIN32 BIT32(23) /* 66 is ignored */
/* What it does with its r/m operand. */
#define X86_D_WRITE  BIT32(6)
#define X86_D_LOCK   BIT32(7) /* LOCK is valid if r/m is memory */
#define X86_D_MEM8   BIT32(8) /* r/m is 1 byte, whatever the opsize */
#define X86_D_MEM16  BIT32(9)
#define X86_D_MEM32  BIT32(10)
#define X86_D_MEM128 BIT32(11)
#define X86_D_MEM2X  BIT32(12) /* twice the opsize */
/* What makes it invalid. */
#define X86_D_ONLYMEM  BIT32(13) /* r/m must be memory */
#define X86_D_ONLYREG  BIT32(14) /* mod is ignored, r/m is a register */
#define X86_D_ONLY64   BIT32(15) /* valid in 64-bit mode only */
#define X86_D_NOPREFIX BIT32(16) /* 66, F2, F3 select something else */
#define X86_D_NOREP    BIT32(17) /* F2, F3 select something else */
#define X86_D_NO16     BIT32(18) /* 66 differs between vendors in 64 bit */
/* The row stands for several: @form is the number of a second table. */
#define X86_D_GROUP  BIT32(19) /* selected by ModRM.reg */
#define X86_D_PREFIX BIT32(20) /* selected by mandatory prefix */
#define X86_D_GROUP7 BIT32(21) /* ModRM.reg, or the whole ModRM byte */

/** Column of x86_prefix_rows. */
enum x86_mandatory { X86_P_NONE, X86_P_66, X86_P_F3, X86_P_F2, X86_P_COUNT };

/** A row of opcode 0F 01 with mod 3. */
struct x86_op_modrm {
	u8 modrm;
	struct x86_op op;
};

#define X86_GROUP7_REGS 14

extern const struct x86_op x86_map_1[256];
extern const struct x86_op x86_map_0f[256];
extern const struct x86_op x86_movbe_rows[2];
extern const struct x86_op x86_group_rows[][8];
extern const struct x86_op x86_prefix_rows[][X86_P_COUNT];
extern const struct x86_op_modrm x86_group7_regs[X86_GROUP7_REGS];

#endif
