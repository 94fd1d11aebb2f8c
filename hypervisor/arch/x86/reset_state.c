/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/x86/reset_state.h"

#include "arch/x86/asm.h"
#include "lib/string.h"

#define RESET_PAT   0x0007040600070406ULL
#define RESET_DX    0x00000600
#define ATTR_CODE16 0x9b
#define ATTR_DATA16 0x93
#define ATTR_LDT    0x82
#define ATTR_TSS    0x8b

/* The cache bits, which INIT leaves and RESET sets, are clear after both. */
void reset_state_sregs(struct guest_sregs *s, enum vcpu_reset how)
{
	const struct guest_seg data = { 0, ATTR_DATA16, 0xffff, 0 };

	(void)how;
	memset(s, 0, sizeof(*s));
	for (u32 i = SEG_ES; i <= SEG_GS; i++)
		s->seg[i] = data;
	s->seg[SEG_CS] =
		(struct guest_seg){ 0xf000, ATTR_CODE16, 0xffff, 0xffff0000 };
	s->seg[SEG_LDTR] = (struct guest_seg){ 0, ATTR_LDT, 0xffff, 0 };
	s->seg[SEG_TR] = (struct guest_seg){ 0, ATTR_TSS, 0xffff, 0 };
	s->seg[SEG_GDTR].limit = s->seg[SEG_IDTR].limit = 0xffff;
	s->cr0 = CR0_ET;
	s->pat = RESET_PAT;
}

void reset_state_regs(struct guest_regs *r)
{
	memset(r, 0, sizeof(*r));
	r->gpr[GPR_RDX] = RESET_DX;
	r->rip = 0xfff0;
	r->rflags = RFLAGS_FIXED;
}
