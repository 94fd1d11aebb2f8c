/* SPDX-License-Identifier: BSD-2-Clause */
/* One run of the guest, and its exit code into facts. */
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
	bool known; /* else: what we let nobody trap */
	u8 reason;
	void (*facts)(struct hw_vcpu *v, struct exit_info *x);
};

#define facts_none        NULL
#define ROW(code, id, fn) [code] = { true, HOLM_EXIT_##id, fn }

/* clang-format off */
static const struct exit_row rows[] = {
	[EXIT_CR_READ ... EXIT_CR_LAST] = { true, HOLM_EXIT_CR, facts_none },
	[EXIT_EXCEPTION ... EXIT_EXCEPTION_LAST] =
		{ true, HOLM_EXIT_EXCEPTION, facts_exception },
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

static inline void facts(struct hw_vcpu *v, const struct vmcb *vmcb,
			 struct exit_info *x)
{
	u64 code = vmcb->exit_code;

	x->insn_len = 0;
	x->interrupted = (u32)vmcb->exit_int_info >> EVENT_VALID_SHIFT;
	if (unlikely(code >= ARRAY_SIZE(rows) || !rows[code].known)) {
		facts_rest(v, x);
		return;
	}
	x->reason = rows[code].reason;
	if (rows[code].facts)
		rows[code].facts(v, x);
}

static void enter(struct hw_vcpu *v)
{
	const struct svm_vcpu *s = svm_of(v);
	struct vmcb *vmcb = s->vmcb;

	vmcb->rax = v->regs.gpr[GPR_RAX];
	vmcb->rsp = v->regs.gpr[GPR_RSP];
	vmcb->rip = v->regs.rip;
	vmcb->rflags = v->regs.rflags;
	svm_enter(v, s->vmcb_hpa.v, *svm_host_hpa);
}

bool svm_vcpu_run(struct hw_vcpu *v, const u32 *kick, struct exit_info *exit)
{
	struct vmcb *vmcb;

	/*
	 * From here nothing comes between the look at *kick and the guest: an
	 * NMI sent after it waits and is taken as an exit.
	 */
	__asm__ volatile("clgi" : : : "memory");
	if (unlikely(__atomic_load_n(kick, __ATOMIC_RELAXED))) {
		__asm__ volatile("stgi" : : : "memory");
		return false;
	}
	enter(v);
	vmcb = vmcb_of(v);
	v->regs.gpr[GPR_RAX] = vmcb->rax;
	v->regs.gpr[GPR_RSP] = vmcb->rsp;
	v->regs.rip = vmcb->rip;
	v->regs.rflags = vmcb->rflags;
	vmcb->tlb_control = 0;
	vmcb->event_inj = 0;
	if (unlikely(svm_of(v)->nmi_masked) && svm_nmi_note_exit(v)) {
		*exit = (struct exit_info){ .reason = HOLM_EXIT_NMI };
		return true;
	}
	facts(v, vmcb, exit);
	return true;
}
