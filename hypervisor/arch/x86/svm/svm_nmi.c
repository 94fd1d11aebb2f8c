/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * When a guest takes its next NMI. The IRET that ends its NMI handler is
 * trapped, which happens before it runs; afterwards nothing exits by itself.
 * If an NMI waits, the IRET is therefore single-stepped: the #DB after it,
 * which always exits, is ours.
 */
#include "arch/x86/asm.h"
#include "arch/x86/svm/svm.h"

#define EXIT_DB (EXIT_EXCEPTION + 1)

void svm_nmi_iret(struct hw_vcpu *v)
{
	struct svm_vcpu *s = svm_of(v);

	s->vmcb->misc1 &= ~SVM_IRET;
	s->nmi_iret_seen = true;
	s->nmi_iret_rip = v->regs.rip;
}

/* A guest that steps itself gets its own #DB there, which exits as well. */
void svm_nmi_step(struct hw_vcpu *v)
{
	struct svm_vcpu *s = svm_of(v);

	if (!s->nmi_iret_seen || s->nmi_step || (v->regs.rflags & RFLAGS_TF))
		return;
	s->nmi_step = true;
	s->nmi_dr6 = s->vmcb->dr6;
	v->regs.rflags |= RFLAGS_TF;
}

bool svm_nmi_note_exit(struct hw_vcpu *v)
{
	struct svm_vcpu *s = svm_of(v);
	bool stepped = s->nmi_step;
	bool trap = s->vmcb->exit_code == EXIT_DB;

	if (!s->nmi_iret_seen)
		return false;
	s->nmi_step = false;
	if (v->regs.rip == s->nmi_iret_rip && !trap) {
		/* Something else came before the IRET ran. */
		if (stepped)
			v->regs.rflags &= ~RFLAGS_TF;
		return false;
	}
	s->nmi_iret_seen = false;
	s->nmi_masked = false;
	if (!stepped || !trap)
		return false;
	s->vmcb->dr6 = s->nmi_dr6;
	return true;
}
