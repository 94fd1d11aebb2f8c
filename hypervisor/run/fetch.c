/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading the guest's instructions. Not every CPU says how long the
 * instruction was that exited, so it is fetched and measured. A guest that
 * changes it meanwhile fools only itself.
 */
#include "run/run.h"

#include "arch/x86/asm.h"
#include "lib/errno.h"
#include "run/guestwalk.h"

enum x86_mode run_mode(const struct guest_sregs *s)
{
	u16 attr = s->seg[SEG_CS].attr;

	if ((s->efer & EFER_LMA) && (attr & SEG_ATTR_L))
		return X86_MODE_64;
	return attr & SEG_ATTR_DB ? X86_MODE_32 : X86_MODE_16;
}

static gva_t fetch_address(const struct vcpu *v, const struct guest_sregs *s)
{
	u64 rip = v->hw.regs.rip;

	if (run_mode(s) == X86_MODE_64)
		return GVA(rip);
	return GVA((u32)(s->seg[SEG_CS].base + (u32)rip));
}

u32 run_fetch(struct vcpu *v, u8 *buf)
{
	struct guest_sregs s;
	struct gva_fault pf;
	struct gva_ctx ctx;
	u64 first;
	gva_t at;
	int rc;

	backend->vcpu_get_sregs(&v->hw, &s);
	ctx = run_walk_ctx(v, &s);
	at = fetch_address(v, &s);
	first = MIN(PAGE_SIZE - (at.v & (PAGE_SIZE - 1)), (u64)X86_INSN_MAX);
	rc = gvawalk_read(&ctx, at, buf, first, GVA_X, &pf);
	if (rc == -EFAULT)
		run_inject_pf(v, pf.gva.v, pf.error_code);
	else if (rc)
		run_inject_gp(v);
	if (rc)
		return 0;
	/* The next page only matters if the instruction reaches into it. */
	if (first < X86_INSN_MAX &&
	    !gvawalk_read(&ctx, GVA(at.v + first), buf + first,
			  X86_INSN_MAX - first, GVA_X, &pf))
		return X86_INSN_MAX;
	return (u32)first;
}

bool run_decode(struct vcpu *v, struct x86_insn *insn)
{
	u8 buf[X86_INSN_MAX];
	u32 n = run_fetch(v, buf);
	struct guest_sregs s;

	if (!n)
		return false;
	backend->vcpu_get_sregs(&v->hw, &s);
	if (!x86_decode(buf, n, run_mode(&s), insn))
		return true;
	run_inject_ud(v);
	return false;
}

u32 run_insn_len(struct vcpu *v, const struct exit_info *x, const u8 *opcode,
		 u32 opcode_len)
{
	u8 buf[X86_INSN_MAX];
	u32 n;

	if (x->insn_len)
		return x->insn_len;
	n = run_fetch(v, buf);
	return n ? x86_insn_len_fixed(buf, n, opcode, opcode_len) : 0;
}

bool run_skip(struct vcpu *v, const struct exit_info *x, const u8 *opcode,
	      u32 opcode_len)
{
	u32 len = run_insn_len(v, x, opcode, opcode_len);

	if (len)
		backend->vcpu_skip(&v->hw, len);
	return len;
}
