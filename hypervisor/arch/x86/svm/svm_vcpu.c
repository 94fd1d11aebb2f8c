/* SPDX-License-Identifier: BSD-2-Clause */
/* A vCPU's control block: intercepts, reset state, register transfer. */
#include "arch/x86/svm/svm.h"

#include "arch/x86/asm.h"
#include "arch/x86/reset_state.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/pages.h"

#define EXCEPTION_DB BIT32(1)
#define EXCEPTION_UD BIT32(6)
#define EXCEPTION_AC BIT32(17)

/*
 * What traps in any guest. #UD: VMCALL is undefined on AMD and still means a
 * hypercall. #DB and #AC: a guest could loop in their delivery for ever, out
 * of reach of any NMI (CVE-2015-5307, CVE-2015-8104).
 */
#define TRAP_EXCEPTIONS (EXCEPTION_DB | EXCEPTION_UD | EXCEPTION_AC)
#define TRAP_MISC1                                                           \
	(SVM_NMI | SVM_CPUID | SVM_INVD | SVM_INVLPGA | SVM_IOIO | SVM_MSR | \
	 SVM_SHUTDOWN)
#define TRAP_MISC2                                                      \
	(SVM_VMRUN | SVM_VMMCALL | SVM_VMLOAD | SVM_VMSAVE | SVM_STGI | \
	 SVM_CLGI | SVM_SKINIT)
/* And what more in a guest whose CPU is mediated. */
#define MEDIATED_MISC1 (SVM_INTR | SVM_HLT | SVM_RDPMC)
#define MEDIATED_MISC2 (SVM_WBINVD | SVM_MONITOR | SVM_MWAIT | SVM_MWAIT_ARMED)

#define GUEST_ASID 1

int svm_vcpu_init(struct hw_vcpu *v, struct hw_vm *vm)
{
	const struct trap_maps *maps = vm->priv;
	struct svm_vcpu *s = pages_alloc(1);
	struct vmcb *vmcb;

	if (!s)
		return -ENOMEM;
	v->vm = vm;
	v->priv = s;
	vmcb = s->vmcb = pages_alloc(1);
	if (!vmcb) {
		svm_vcpu_free(v);
		return -ENOMEM;
	}
	s->vmcb_hpa = pages_hpa(vmcb);
	vmcb->exceptions = TRAP_EXCEPTIONS;
	vmcb->misc1 = TRAP_MISC1 | (vm->direct ? 0 : MEDIATED_MISC1);
	vmcb->misc2 = TRAP_MISC2 | (vm->direct ? 0 : MEDIATED_MISC2);
	vmcb->iopm = maps->io_hpa.v;
	vmcb->msrpm = maps->msr_hpa.v;
	vmcb->asid = GUEST_ASID;
	vmcb->np_enable = 1;
	vmcb->n_cr3 = vm->s2_root.v;
	vmcb->v_intr = vm->direct ? 0 : V_INTR_MASKING;
	svm_vcpu_reset(v, VCPU_RESET_POWER_ON);
	return 0;
}

void svm_vcpu_free(struct hw_vcpu *v)
{
	struct svm_vcpu *s = v->priv;

	if (!s)
		return;
	pages_free(s->vmcb, 1);
	pages_free(s, 1);
	v->priv = NULL;
}

/* All of it is in memory between exits. */
void svm_vcpu_put(struct hw_vcpu *v)
{
	(void)v;
}

void svm_vcpu_reset(struct hw_vcpu *v, enum vcpu_reset how)
{
	struct svm_vcpu *s = svm_of(v);
	struct vmcb *vmcb = s->vmcb;
	struct guest_sregs r;

	memset(&vmcb->es, 0, sizeof(*vmcb) - offsetof(struct vmcb, es));
	reset_state_sregs(&r, how);
	svm_vcpu_set_sregs(v, &r);
	vmcb->dr6 = RESET_DR6;
	vmcb->dr7 = RESET_DR7;
	vmcb->shadow = 0;
	vmcb->event_inj = 0;
	vmcb->exit_int_info = 0;
	vmcb->v_intr &= V_INTR_MASKING;
	vmcb->misc1 &= ~(SVM_VINTR | SVM_IRET);
	vmcb->cr_write = 0;
	s->nmi_masked = false;
	s->nmi_iret_seen = false;
	s->nmi_step = false;
	reset_state_regs(&v->regs);
}

/* The VMCB's segments in the order of enum guest_segno. */
#define SEGMENTS(vmcb)                                                        \
	{                                                                     \
		&(vmcb)->es, &(vmcb)->cs, &(vmcb)->ss, &(vmcb)->ds,           \
			&(vmcb)->fs, &(vmcb)->gs, &(vmcb)->ldtr, &(vmcb)->tr, \
			&(vmcb)->gdtr, &(vmcb)->idtr                          \
	}

void svm_vcpu_get_sregs(struct hw_vcpu *v, struct guest_sregs *s)
{
	struct vmcb *vmcb = vmcb_of(v);
	const struct vmcb_seg *seg[SEG_COUNT] = SEGMENTS(vmcb);

	for (u32 i = 0; i < SEG_COUNT; i++) {
		s->seg[i].sel = seg[i]->sel;
		s->seg[i].attr = seg[i]->attr;
		s->seg[i].limit = seg[i]->limit;
		s->seg[i].base = seg[i]->base;
	}
	s->cr0 = vmcb->cr0;
	s->cr2 = vmcb->cr2;
	s->cr3 = vmcb->cr3;
	s->cr4 = vmcb->cr4;
	s->efer = vmcb->efer & ~EFER_SVME;
	s->pat = vmcb->g_pat;
	s->cpl = vmcb->cpl;
}

void svm_vcpu_get_code(struct hw_vcpu *v, struct guest_code *c)
{
	const struct vmcb *vmcb = vmcb_of(v);
	bool code64 = (vmcb->efer & EFER_LMA) && (vmcb->cs.attr & SEG_ATTR_L);

	c->cr3 = vmcb->cr3;
	c->cr4 = vmcb->cr4;
	c->cpl = vmcb->cpl;
	c->long4 = code64 && !(vmcb->cr4 & CR4_LA57);
	c->linear = v->regs.rip;
	if (!code64)
		c->linear = (u32)(vmcb->cs.base + (u32)v->regs.rip);
}

void svm_vcpu_set_sregs(struct hw_vcpu *v, const struct guest_sregs *s)
{
	struct vmcb *vmcb = vmcb_of(v);
	struct vmcb_seg *seg[SEG_COUNT] = SEGMENTS(vmcb);

	for (u32 i = 0; i < SEG_COUNT; i++) {
		seg[i]->sel = s->seg[i].sel;
		seg[i]->attr = s->seg[i].attr;
		seg[i]->limit = s->seg[i].limit;
		seg[i]->base = s->seg[i].base;
	}
	vmcb->cr0 = s->cr0;
	vmcb->cr2 = s->cr2;
	vmcb->cr3 = s->cr3;
	vmcb->cr4 = s->cr4;
	vmcb->efer = s->efer | EFER_SVME;
	vmcb->g_pat = s->pat;
	vmcb->cpl = s->cpl;
	vmcb->tlb_control = TLB_FLUSH_ALL;
}
