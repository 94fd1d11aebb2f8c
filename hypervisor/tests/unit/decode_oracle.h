/* SPDX-License-Identifier: BSD-2-Clause */
/* What independent disassemblers say about an instruction. */
#ifndef TESTS_UNIT_DECODE_ORACLE_H
#define TESTS_UNIT_DECODE_ORACLE_H

#include "guest/x86/decode.h"

struct oracle_insn {
	u32 len; /* 0: refused */
	u32 map; /* 0, 1 (0F), 2 (0F38), more */
	u8 opcode;
	u8 reg; /* ModRM.reg */
	bool has_mem;
	bool has_66;
	bool has_imm;
	u8 base; /* enum x86_reg, X86_REG_NONE */
	u8 index;
	u8 scale;
	u8 seg;
	bool rip_rel;
	u32 memsize; /* bytes; 0: not told */
	u32 opsize;  /* bytes; 0: not told */
	u64 disp;
	u64 imm;
	char name[32];
};

void oracle_open(void);
void oracle_close(void);
void oracle_zydis(const u8 *bytes, u32 len, enum x86_mode mode,
		  struct oracle_insn *out);
void oracle_capstone(const u8 *bytes, u32 len, enum x86_mode mode,
		     struct oracle_insn *out);

#endif
