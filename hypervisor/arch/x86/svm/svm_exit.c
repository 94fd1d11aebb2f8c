/* SPDX-License-Identifier: BSD-2-Clause */
/* Exit codes into facts. */
#include "arch/x86/svm/svm.h"

#include "arch/x86/asm.h"

static void facts_msr(struct hw_vcpu *v, struct exit_info *x)
{
	if (vmcb_of(v)->exit_info1 & 1)
		x->reason = HOLM_EXIT_WRMSR;
}

/* EXITINFO2 is the next RIP: the only exit that always has it. */
static void facts_pio(struct hw_vcpu *v, struct exit_info *x)
{
	const struct vmcb *vmcb = vmcb_of(v);
	u32 info = (u32)vmcb->exit_info1;

	x->pio_in = info & IOIO_IN;
	x->pio_string = info & IOIO_STRING;
	x->pio_rep = info & IOIO_REP;
	x->pio_size = (info >> IOIO_SIZE_SHIFT) & 7;
	x->pio_port = (u16)(info >> IOIO_PORT_SHIFT);
	x->next_rip = vmcb->exit_info2;
}

static void facts_npf(struct hw_vcpu *v, struct exit_info *x)
{
	const struct vmcb *vmcb = vmcb_of(v);

	x->gpa = GPA(vmcb->exit_info2);
	x->access = vmcb->exit_info1 & NPF_WRITE ? ACCESS_W : ACCESS_R;
	if (vmcb->exit_info1 & NPF_FETCH)
		x->access = ACCESS_X;
}

static void facts_exception(struct hw_vcpu *v, struct exit_info *x)
{
	const struct vmcb *vmcb = vmcb_of(v);

	x->vector = (u8)(vmcb->exit_code - EXIT_EXCEPTION);
	x->error_code = (u32)vmcb->exit_info1;
}

static void facts_iret(struct hw_vcpu *v, struct exit_info *x)
{
	/* Nothing for anyone above: let it run and look again after it. */
	svm_nmi_iret(v);
	x->reason = HOLM_EXIT_NMI;
}

struct exit_row {
	u8 known; /* HOLM_EXIT_* + 1; 0: what we let nobody trap */
	void (*facts)(struct hw_vcpu *v, struct exit_info *x);
};

#define facts_none        NULL
#define ROW(code, id, fn) [code] = { HOLM_EXIT_##id + 1, fn }

/* clang-format off */
static const struct exit_row rows[] = {
	[EXIT_CR_READ ... EXIT_CR_LAST] = { HOLM_EXIT_CR + 1, facts_none },
	[EXIT_EXCEPTION ... EXIT_EXCEPTION_LAST] =
		{ HOLM_EXIT_EXCEPTION + 1, facts_exception },
	ROW(EXIT_INTR,		INTR,		facts_none),
	ROW(EXIT_NMI,		NMI,		facts_none),
	ROW(EXIT_VINTR,		WINDOW,		facts_none),
	ROW(EXIT_RDPMC,		INSN,		facts_none),
	ROW(EXIT_CPUID,		CPUID,		facts_none),
	ROW(EXIT_IRET,		NMI,		facts_iret),
	ROW(EXIT_INVD,		INSN,		facts_none),
	ROW(EXIT_HLT,		HLT,		facts_none),
	ROW(EXIT_INVLPGA,	INSN,		facts_none),
	ROW(EXIT_IOIO,		PIO,		facts_pio),
	ROW(EXIT_MSR,		RDMSR,		facts_msr),
	ROW(EXIT_SHUTDOWN,	SHUTDOWN,	facts_none),
	ROW(EXIT_VMRUN,		INSN,		facts_none),
	ROW(EXIT_VMMCALL,	HYPERCALL,	facts_none),
	ROW(EXIT_VMLOAD,	INSN,		facts_none),
	ROW(EXIT_VMSAVE,	INSN,		facts_none),
	ROW(EXIT_STGI,		INSN,		facts_none),
	ROW(EXIT_CLGI,		INSN,		facts_none),
	ROW(EXIT_SKINIT,	INSN,		facts_none),
	ROW(EXIT_WBINVD,	INSN,		facts_none),
	ROW(EXIT_MONITOR,	INSN,		facts_none),
	ROW(EXIT_MWAIT,		INSN,		facts_none),
	ROW(EXIT_MWAIT_ARMED,	INSN,		facts_none),
};
/* clang-format on */

/* What has no row. */
static void facts_rest(struct hw_vcpu *v, struct exit_info *x)
{
	const struct vmcb *vmcb = vmcb_of(v);

	/* Emulators give 32 bits of it, hardware 64. */
	if ((u32)vmcb->exit_code == EXIT_INVALID) {
		x->reason = HOLM_EXIT_SHUTDOWN;
		return;
	}
	if (vmcb->exit_code == EXIT_NPF) {
		x->reason = HOLM_EXIT_MMIO;
		facts_npf(v, x);
		return;
	}
	x->reason = HOLM_EXIT_OTHER;
	x->raw = vmcb->exit_code;
	x->raw_info[0] = vmcb->exit_info1;
	x->raw_info[1] = vmcb->exit_info2;
}

void svm_exit_facts(struct hw_vcpu *v, struct exit_info *x)
{
	const struct vmcb *vmcb = vmcb_of(v);
	u64 code = vmcb->exit_code;

	x->insn_len = 0;
	x->interrupted = vmcb->exit_int_info & EVENT_VALID;
	if (unlikely(code >= ARRAY_SIZE(rows) || !rows[code].known)) {
		facts_rest(v, x);
		return;
	}
	x->reason = rows[code].known - 1U;
	if (rows[code].facts)
		rows[code].facts(v, x);
}
