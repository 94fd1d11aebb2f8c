/* SPDX-License-Identifier: BSD-2-Clause */
#include "run/note.h"

_Static_assert((u32)EVENT_INTR == (u32)HOLM_INJECT_INTR, "abi/holm.h");
_Static_assert((u32)EVENT_NMI == (u32)HOLM_INJECT_NMI, "abi/holm.h");
_Static_assert((u32)EVENT_EXCEPTION == (u32)HOLM_INJECT_EXCEPTION,
	       "abi/holm.h");

/* Which register says what the exit was about: its number + 1, or 0. */
static const u8 told_by[HOLM_EXIT_COUNT] = {
	[HOLM_EXIT_CPUID] = GPR_RAX + 1,
	[HOLM_EXIT_RDMSR] = GPR_RCX + 1,
	[HOLM_EXIT_WRMSR] = GPR_RCX + 1,
	[HOLM_EXIT_HYPERCALL] = GPR_R8 + 1,
};

static u64 exit_detail(const struct vcpu *v, const struct exit_info *x)
{
	if (x->reason == HOLM_EXIT_PIO)
		return x->pio_port;
	if (x->reason == HOLM_EXIT_MMIO)
		return x->gpa.v;
	if (x->reason == HOLM_EXIT_EXCEPTION)
		return x->vector;
	if (!told_by[x->reason])
		return 0;
	return (u32)v->hw.regs.gpr[told_by[x->reason] - 1];
}

void run_trace_exit(const struct vcpu *v, const struct exit_info *x)
{
	trace_put(HOLM_TRACE_EXIT, vcpu_who(v), x->reason, v->hw.regs.rip,
		  exit_detail(v, x));
}
