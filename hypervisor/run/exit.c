/* SPDX-License-Identifier: BSD-2-Clause */
/* Which exit is answered by whom: one table. */
#include "run/run.h"

#include "arch/x86/asm.h"
#include "arch/x86/fpu.h"
#include "arch/x86/halt.h"
#include "core/log.h"
#include "guest/x86/guest.h"
#include "guest/x86/pvclock.h"
#include "guest/x86/vlapic_hw.h"
#include "hypercall/hypercall.h"
#include "lib/string.h"
#include "run/note.h"

static const struct run_opcode op_cpuid = { 2, { 0x0f, 0xa2 } };
static const struct run_opcode op_hlt = { 1, { 0xf4 } };
static const struct run_opcode op_vmmcall = { 3, { 0x0f, 0x01, 0xd9 } };
static const struct run_opcode op_xsetbv = { 3, { 0x0f, 0x01, 0xd1 } };
static const struct run_opcode op_vmcall = { 3, { 0x0f, 0x01, 0xc1 } };

#define VECTOR_UD 6
/* After so many of a vCPU they are counted only. */
#define OTHER_LOGGED 8
#define CPUID_XSAVE  0xd
#define VECTOR_AC    17

static void exit_interrupt(struct vcpu *v, const struct exit_info *x)
{
	(void)v;
	(void)x;
	arch_poll_interrupts();
}

/* The NMI itself was taken when the exit was over; see trap.c. */
static void exit_nothing(struct vcpu *v, const struct exit_info *x)
{
	(void)x;
	v->attention = true;
}

static void exit_timer(struct vcpu *v, const struct exit_info *x)
{
	(void)x;
	run_timer_over(v);
}

static void exit_window(struct vcpu *v, const struct exit_info *x)
{
	(void)x;
	v->attention = true;
	run_irq_window(v, false);
}

static void cpuid_answer(struct vcpu *v, u64 cr4, u32 leaf, u32 sub,
			 struct cpuid_regs *out)
{
	bool clock = v->vm->kind != VM_SERVICE;

	if (leaf - PVCLOCK_CPUID_BASE <=
		    PVCLOCK_CPUID_LAST - PVCLOCK_CPUID_BASE &&
	    (clock || v->vm->guest->x2apic_leaf)) {
		pvclock_cpuid(leaf, clock, out);
		return;
	}
	v->guest->cpuid.cr4 = cr4;
	if (leaf == CPUID_XSAVE)
		v->guest->cpuid.xcr0 = fpu_xcr0();
	cpuid_table_lookup(&v->vm->guest->cpuid, &v->guest->cpuid, leaf, sub,
			   out);
}

static void exit_cpuid(struct vcpu *v, const struct exit_info *x)
{
	struct guest_regs *r = &v->hw.regs;
	struct cpuid_regs out;
	struct guest_code c;
	u32 len;

	backend->vcpu_get_code(&v->hw, &c);
	len = run_insn_len(v, x, &c, &op_cpuid);
	if (!len)
		return;
	cpuid_answer(v, c.cr4, (u32)r->gpr[GPR_RAX], (u32)r->gpr[GPR_RCX],
		     &out);
	r->gpr[GPR_RAX] = out.eax;
	r->gpr[GPR_RBX] = out.ebx;
	r->gpr[GPR_RCX] = out.ecx;
	r->gpr[GPR_RDX] = out.edx;
	backend->vcpu_skip(&v->hw, len);
}

/* The hypercall instruction of @len bytes at @c. */
static inline void hypercall(struct vcpu *v, const struct guest_code *c,
			     u32 len)
{
	struct guest_regs *r = &v->hw.regs;
	bool inject_ud = false;
	s64 rc;

	if (c->cpl) {
		run_inject_gp(v);
		return;
	}
	rc = hypercall_dispatch(v, (u32)r->gpr[GPR_R8], r->gpr[GPR_RDI],
				r->gpr[GPR_RSI], &inject_ud);
	if (inject_ud) {
		run_inject_ud(v);
		return;
	}
	r->gpr[GPR_RAX] = (u64)rc;
	backend->vcpu_skip(&v->hw, len);
}

static void exit_hypercall(struct vcpu *v, const struct exit_info *x)
{
	struct guest_code c;
	u32 len;

	backend->vcpu_get_code(&v->hw, &c);
	len = run_insn_len(v, x, &c, &op_vmmcall);
	if (len)
		hypercall(v, &c, len);
}

static void exit_halt(struct vcpu *v, const struct exit_info *x)
{
	struct guest_code c;
	u32 len;

	backend->vcpu_get_code(&v->hw, &c);
	len = run_insn_len(v, x, &c, &op_hlt);
	if (!len)
		return;
	backend->vcpu_skip(&v->hw, len);
	vcpu_state_set(v, VCPU_STATE_HALTED);
	v->attention = true;
}

/* The call of the other vendor's CPUs, which this one does not know. */
static u32 foreign_call_len(struct vcpu *v, const struct guest_code *c)
{
	const struct exit_info call = { .reason = HOLM_EXIT_HYPERCALL };
	u32 len = run_insn_len(v, &call, c, &op_vmcall);

	if (len)
		return len;
	return run_insn_len(v, &call, c, &op_vmmcall);
}

/*
 * VMCALL is what a kernel built for ACRN executes; AMD CPUs refuse it, so it
 * arrives as #UD, as do all others, VMMCALL on Intel CPUs among them.
 */
static void exit_exception(struct vcpu *v, const struct exit_info *x)
{
	struct guest_code c;
	u32 len = 0;

	backend->vcpu_get_code(&v->hw, &c);
	if (x->vector == VECTOR_UD && v->vm->kind == VM_SERVICE)
		len = foreign_call_len(v, &c);
	if (!len) {
		run_inject_exception(v, x->vector, x->vector == VECTOR_AC,
				     x->error_code);
		return;
	}
	v->exits[HOLM_EXIT_HYPERCALL]++;
	hypercall(v, &c, len);
}

static void exit_shutdown(struct vcpu *v, const struct exit_info *x)
{
	(void)x;
	if (v->vm->kind != VM_SERVICE) {
		vm_shutdown_self(v);
		return;
	}
	log_warn("the Service VM's vCPU %u shut down at %lx: reset", v->id,
		 v->hw.regs.rip);
	arch_reset_machine();
}

/*
 * Cache maintenance has no effect that a guest could see and is skipped;
 * everything else privileged that traps does not exist for guests.
 */
static void exit_insn(struct vcpu *v, const struct exit_info *x)
{
	const struct x86_insn *insn;
	struct guest_code c;

	(void)x;
	backend->vcpu_get_code(&v->hw, &c);
	insn = run_decode(v, &c);
	if (!insn)
		return;
	switch (insn->op->kind) {
	case X86_OP_INVD:
	case X86_OP_WBINVD:
		x86_wbinvd();
		backend->vcpu_skip(&v->hw, insn->len);
		return;
	case X86_OP_RDPMC:
		run_inject_gp(v);
		return;
	default:
		run_inject_ud(v);
	}
}

/*
 * A trapped move to CR8: the window for a pending interrupt may have opened.
 * It is executed here; the loop looks again.
 */
static void exit_cr(struct vcpu *v, const struct exit_info *x)
{
	const struct x86_insn *insn;
	struct guest_code c;

	v->attention = true;
	if (x->cr_done)
		return;
	backend->vcpu_get_code(&v->hw, &c);
	insn = run_decode(v, &c);
	if (!insn)
		return;
	if (insn->op->kind != X86_OP_MOV_TO_CR || insn->reg != 8) {
		run_inject_ud(v);
		return;
	}
	backend->vcpu_set_tpr(&v->hw, (u8)(v->hw.regs.gpr[insn->rm] << 4));
	backend->vcpu_skip(&v->hw, insn->len);
}

/*
 * Only what the guest was told of: its CPUID leaf lists the components. The
 * CPU checks the rest.
 */
static void exit_xsetbv(struct vcpu *v, const struct exit_info *x)
{
	const u64 *gpr = v->hw.regs.gpr;
	u64 val = (gpr[GPR_RDX] << 32) | (u32)gpr[GPR_RAX];
	struct guest_code c;
	u64 hidden = 0;
	u32 len;

	backend->vcpu_get_code(&v->hw, &c);
	len = run_insn_len(v, x, &c, &op_xsetbv);
	if (!len)
		return;
	if (v->vm->kind == VM_USER)
		hidden = ~v->vm->guest->cpuid.xcr0_valid;
	if ((val & hidden) || !x86_xsetbv_safe((u32)gpr[GPR_RCX], val)) {
		run_inject_gp(v);
		return;
	}
	backend->vcpu_skip(&v->hw, len);
}

static void exit_eoi(struct vcpu *v, const struct exit_info *x)
{
	vlapic_eoi_by_hw(&v->guest->lapic, x->vector);
}

/* Reasons that no backend should give for what we let it trap. */
static void exit_other(struct vcpu *v, const struct exit_info *x)
{
	if (v->exits[HOLM_EXIT_OTHER] <= OTHER_LOGGED)
		log_guest("VM %u vCPU %u: exit code %lx (%lx, %lx) at %lx: #UD",
			  v->vm->vmid, v->id, x->raw, x->raw_info[0],
			  x->raw_info[1], v->hw.regs.rip);
	run_inject_ud(v);
}

/* clang-format off */
const run_exit_fn run_exit_table[HOLM_EXIT_COUNT] = {
	[HOLM_EXIT_INTR]	= exit_interrupt,
	[HOLM_EXIT_NMI]		= exit_nothing,
	[HOLM_EXIT_WINDOW]	= exit_window,
	[HOLM_EXIT_CPUID]	= exit_cpuid,
	[HOLM_EXIT_RDMSR]	= run_exit_rdmsr,
	[HOLM_EXIT_WRMSR]	= run_exit_wrmsr,
	[HOLM_EXIT_PIO]		= run_exit_pio,
	[HOLM_EXIT_MMIO]	= run_exit_mmio,
	[HOLM_EXIT_HYPERCALL]	= exit_hypercall,
	[HOLM_EXIT_HLT]		= exit_halt,
	[HOLM_EXIT_CR]		= exit_cr,
	[HOLM_EXIT_XSETBV]	= exit_xsetbv,
	[HOLM_EXIT_EXCEPTION]	= exit_exception,
	[HOLM_EXIT_SHUTDOWN]	= exit_shutdown,
	[HOLM_EXIT_INSN]	= exit_insn,
	[HOLM_EXIT_IOREQ]	= exit_other,
	[HOLM_EXIT_OTHER]	= exit_other,
	[HOLM_EXIT_EOI]		= exit_eoi,
	[HOLM_EXIT_TIMER]	= exit_timer,
};
/* clang-format on */

void run_redeliver(struct vcpu *v)
{
	struct guest_event ev;

	if (backend->vcpu_interrupted(&v->hw, &ev))
		run_inject(v, &ev);
}
