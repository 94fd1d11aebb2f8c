/* SPDX-License-Identifier: BSD-2-Clause */
/* A vCPU's control block: intercepts, reset state, register transfer. */
#include "arch/x86/svm/svm.h"

#include "arch/x86/asm.h"
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

#define RESET_CR0   (CR0_ET | CR0_NW | CR0_CD)
#define RESET_PAT   0x0007040600070406ULL
#define RESET_DR6   0xffff0ff0
#define RESET_DR7   0x400
#define RESET_DX    0x00000600
#define ATTR_CODE16 0x9b
#define ATTR_DATA16 0x93
#define ATTR_LDT    0x82
#define ATTR_TSS    0x8b
#define GUEST_ASID  1

int svm_vcpu_init(struct hw_vcpu *v, struct hw_vm *vm)
{
	const struct svm_vm *svm_vm = vm->priv;
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
	vmcb->iopm = svm_vm->iopm_hpa.v;
	vmcb->msrpm = svm_vm->msrpm_hpa.v;
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

/* APM vol 2, table 14-1. After INIT only CR0's cache bits survive. */
void svm_vcpu_reset(struct hw_vcpu *v, enum vcpu_reset how)
{
	const struct vmcb_seg data = { 0, ATTR_DATA16, 0xffff, 0 };
	struct svm_vcpu *s = svm_of(v);
	struct vmcb *vmcb = s->vmcb;

	memset(&vmcb->es, 0, sizeof(*vmcb) - offsetof(struct vmcb, es));
	vmcb->es = vmcb->ss = vmcb->ds = vmcb->fs = vmcb->gs = data;
	vmcb->cs = (struct vmcb_seg){ 0xf000, ATTR_CODE16, 0xffff, 0xffff0000 };
	vmcb->gdtr.limit = vmcb->idtr.limit = 0xffff;
	vmcb->ldtr = (struct vmcb_seg){ 0, ATTR_LDT, 0xffff, 0 };
	vmcb->tr = (struct vmcb_seg){ 0, ATTR_TSS, 0xffff, 0 };
	vmcb->efer = EFER_SVME;
	/* Caches on: what a guest caches is its stage 2's matter. */
	vmcb->cr0 = how == VCPU_RESET_POWER_ON ? RESET_CR0 & ~(CR0_NW | CR0_CD)
					       : CR0_ET;
	vmcb->dr6 = RESET_DR6;
	vmcb->dr7 = RESET_DR7;
	vmcb->g_pat = RESET_PAT;
	vmcb->shadow = 0;
	vmcb->event_inj = 0;
	vmcb->exit_int_info = 0;
	vmcb->v_intr &= V_INTR_MASKING;
	vmcb->misc1 &= ~(SVM_VINTR | SVM_IRET);
	vmcb->cr_write = 0;
	vmcb->tlb_control = TLB_FLUSH_ALL;
	s->nmi_masked = false;
	s->nmi_iret_seen = false;
	s->nmi_step = false;
	memset(&v->regs, 0, sizeof(v->regs));
	v->regs.gpr[GPR_RDX] = RESET_DX;
	v->regs.rip = 0xfff0;
	v->regs.rflags = RFLAGS_FIXED;
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
