/* SPDX-License-Identifier: BSD-2-Clause */
/* Exit reasons into facts. */
#include "arch/x86/vmx/vmx.h"

#include "arch/x86/asm.h"
#include "arch/x86/trap.h"
#include "arch/x86/vmx/timer.h"

/* Qualification of port exits, SDM vol 3, table 28-5. */
#define IO_SIZE       7ULL
#define IO_IN         BIT64(3)
#define IO_STRING     BIT64(4)
#define IO_PORT_SHIFT 16

/* Qualification of EPT violations, table 28-7. */
#define EPT_READ          BIT64(0)
#define EPT_WRITE         BIT64(1)
#define EPT_FETCH         BIT64(2)
#define EPT_NMI_UNBLOCKED BIT64(12)

#define WRMSR_LEN 2
#define VECTOR_DB 1
#define VECTOR_DF 8
/* Which of DR6 a debug exception sets, table 28-1; and what DR6 starts as. */
#define DR6_CAUSES 0x600fULL
#define DR6_CLEAR  0xfULL
#define DR6_BD     BIT64(13)
#define DR7_GD     BIT64(13)

static void facts_none(struct hw_vcpu *v, struct exit_info *x)
{
	(void)v;
	(void)x;
}

/* Acknowledged, it is in service and will not come by the IDT. */
static void facts_interrupt(struct hw_vcpu *v, struct exit_info *x)
{
	u64 event = vmcs_read(VMCS_EXIT_EVENT);

	(void)v;
	(void)x;
	if (event & EVENT_VALID)
		trap_interrupt((u8)event);
}

/* Port exits tell all; strings are decoded above. */
static void facts_pio(struct hw_vcpu *v, struct exit_info *x)
{
	u64 q = vmcs_read(VMCS_QUALIFICATION);

	x->pio_in = q & IO_IN;
	x->pio_string = q & IO_STRING;
	x->pio_size = (u8)((q & IO_SIZE) + 1);
	x->pio_port = (u16)(q >> IO_PORT_SHIFT);
	x->next_rip = v->regs.rip + x->insn_len;
}

/* An IRET that faulted has already let NMIs in: it runs again. */
static void block_nmis(struct hw_vcpu *v)
{
	struct vmx_vcpu *s = vmx_of(v);

	vmx_set_interruptibility(s, vmx_interruptibility(s) | BLOCKED_BY_NMI);
}

static void facts_ept(struct hw_vcpu *v, struct exit_info *x)
{
	u64 q = vmcs_read(VMCS_QUALIFICATION);

	x->gpa = GPA(vmcs_read(VMCS_GUEST_PHYSICAL));
	x->access = q & EPT_WRITE ? ACCESS_W : ACCESS_R;
	if (q & EPT_FETCH)
		x->access = ACCESS_X;
	if ((q & EPT_NMI_UNBLOCKED) && !x->interrupted)
		block_nmis(v);
}

/* What the CPU would have done to the debug registers; SDM vol 3, 28.2.1. */
static void note_debug(void)
{
	u64 q = vmcs_read(VMCS_QUALIFICATION);
	u64 dr6;

	__asm__ volatile("mov %%dr6, %0" : "=r"(dr6));
	dr6 = (dr6 & ~DR6_CLEAR) | (q & DR6_CAUSES);
	__asm__ volatile("mov %0, %%dr6" : : "r"(dr6));
	if (q & DR6_BD)
		vmcs_write(VMCS_GUEST_DR7, vmcs_read(VMCS_GUEST_DR7) & ~DR7_GD);
}

static void facts_exception(struct hw_vcpu *v, struct exit_info *x)
{
	u32 event = (u32)vmcs_read(VMCS_EXIT_EVENT);

	if ((event & EVENT_TYPE_MASK) == EVENT_TYPE_NMI) {
		x->reason = HOLM_EXIT_NMI;
		vmx_take_nmi();
		return;
	}
	x->vector = (u8)event;
	x->error_code = (u32)vmcs_read(VMCS_EXIT_ERROR_CODE);
	if (x->vector == VECTOR_DB)
		note_debug();
	if ((event & EVENT_NMI_UNBLOCKED) && x->vector != VECTOR_DF &&
	    !x->interrupted)
		block_nmis(v);
}

static void facts_nmi_window(struct hw_vcpu *v, struct exit_info *x)
{
	/* The loop looks again. */
	(void)x;
	vmx_set_primary(vmx_of(v), PRIMARY_NMI_WINDOW, false);
}

/* It is lower than the threshold now, which no entry would accept. */
static void facts_tpr(struct hw_vcpu *v, struct exit_info *x)
{
	(void)v;
	(void)x;
	vmcs_write(VMCS_TPR_THRESHOLD, 0);
}

static void facts_timer(struct hw_vcpu *v, struct exit_info *x)
{
	(void)x;
	vmx_of(v)->timer_end = VMX_TIMER_NEVER;
}

/* Trap-like: the EOI is done. */
static void facts_eoi(struct hw_vcpu *v, struct exit_info *x)
{
	(void)v;
	x->vector = (u8)vmcs_read(VMCS_QUALIFICATION);
}

/*
 * Of the writes that a guest's MSR bitmap leaves to the CPU only a SELF IPI
 * exits, if its vector is none of an interrupt's; SDM vol 3, 30.5. Trap-like:
 * it is put back to where it had not happened, as if the bitmap had caught it.
 */
static void facts_apic_write(struct hw_vcpu *v, struct exit_info *x)
{
	v->regs.rip -= WRMSR_LEN;
	x->insn_len = WRMSR_LEN;
}

struct exit_row {
	u8 reason;
	bool has_len; /* an instruction did it, and the CPU says how long */
	void (*facts)(struct hw_vcpu *v, struct exit_info *x);
};

#define INSN(code, id, fn)  [code] = { HOLM_EXIT_##id, true, fn }
#define EVENT(code, id, fn) [code] = { HOLM_EXIT_##id, false, fn }

/* clang-format off */
static const struct exit_row rows[] = {
	EVENT(VMX_EXIT_EXCEPTION_NMI,	EXCEPTION,	facts_exception),
	EVENT(VMX_EXIT_INTERRUPT,	INTR,		facts_interrupt),
	EVENT(VMX_EXIT_TRIPLE_FAULT,	SHUTDOWN,	facts_none),
	/* Nobody may reset a CPU that runs a guest: it is dropped. */
	EVENT(VMX_EXIT_INIT,		NMI,		facts_none),
	EVENT(VMX_EXIT_INTR_WINDOW,	WINDOW,		facts_none),
	EVENT(VMX_EXIT_NMI_WINDOW,	NMI,		facts_nmi_window),
	EVENT(VMX_EXIT_TPR_BELOW,	NMI,		facts_tpr),
	EVENT(VMX_EXIT_VIRTUAL_EOI,	EOI,		facts_eoi),
	EVENT(VMX_EXIT_APIC_WRITE,	WRMSR,		facts_apic_write),
	EVENT(VMX_EXIT_EPT_VIOLATION,	MMIO,		facts_ept),
	INSN(VMX_EXIT_CPUID,		CPUID,		facts_none),
	INSN(VMX_EXIT_GETSEC,		INSN,		facts_none),
	INSN(VMX_EXIT_HLT,		HLT,		facts_none),
	INSN(VMX_EXIT_INVD,		INSN,		facts_none),
	INSN(VMX_EXIT_RDPMC,		INSN,		facts_none),
	INSN(VMX_EXIT_VMCALL,		HYPERCALL,	facts_none),
	/* VMCLEAR to VMXON: guests have no VMX. */
	[VMX_EXIT_VMCLEAR ... VMX_EXIT_VMXON] =
		{ HOLM_EXIT_INSN, true, facts_none },
	INSN(VMX_EXIT_INVEPT,		INSN,		facts_none),
	EVENT(VMX_EXIT_TIMER,		TIMER,		facts_timer),
	INSN(VMX_EXIT_INVVPID,		INSN,		facts_none),
	INSN(VMX_EXIT_CR,		CR,		vmx_exit_cr),
	INSN(VMX_EXIT_IO,		PIO,		facts_pio),
	INSN(VMX_EXIT_RDMSR,		RDMSR,		facts_none),
	INSN(VMX_EXIT_WRMSR,		WRMSR,		facts_none),
	INSN(VMX_EXIT_MWAIT,		INSN,		facts_none),
	INSN(VMX_EXIT_MONITOR,		INSN,		facts_none),
	INSN(VMX_EXIT_WBINVD,		INSN,		facts_none),
	INSN(VMX_EXIT_XSETBV,		XSETBV,		facts_none),
};
/* clang-format on */

static void facts_other(struct exit_info *x, u32 code)
{
	x->reason = HOLM_EXIT_OTHER;
	x->raw = code;
	x->raw_info[0] = vmcs_read(VMCS_QUALIFICATION);
	x->raw_info[1] = vmcs_read(VMCS_GUEST_PHYSICAL);
}

void vmx_exit_facts(struct hw_vcpu *v, struct exit_info *x)
{
	u32 code = (u32)vmcs_read(VMCS_EXIT_REASON);
	const struct exit_row *row = &rows[MIN(code, ARRAY_SIZE(rows) - 1)];

	x->insn_len = 0;
	x->interrupted = vmcs_read(VMCS_VECTORING_EVENT) & EVENT_VALID;
	if (unlikely(code & REASON_ENTRY_FAILED)) {
		vmx_explain(v, LOG_GUEST);
		x->reason = HOLM_EXIT_SHUTDOWN;
		return;
	}
	if (unlikely(code >= ARRAY_SIZE(rows) || !row->facts)) {
		facts_other(x, code);
		return;
	}
	x->reason = row->reason;
	if (row->has_len)
		x->insn_len = (u8)vmcs_read(VMCS_EXIT_INSN_LEN);
	row->facts(v, x);
}
