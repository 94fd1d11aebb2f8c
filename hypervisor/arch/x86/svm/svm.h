/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of svm/ share; nobody else includes it. */
#ifndef ARCH_X86_SVM_SVM_H
#define ARCH_X86_SVM_SVM_H

#include "arch/x86/svm/vmcb.h"
#include "arch/x86/trap_maps.h"
#include "vm/backend.h"

extern const struct backend svm_backend;

/** Where tables of a VM and the VMCBs come from. */
struct page_pool;

/** A vCPU's control block and what goes with it. */
struct svm_vcpu {
	struct vmcb *vmcb;
	hpa_t vmcb_hpa;
	bool nmi_masked;    /* an NMI handler runs: until its IRET */
	bool nmi_iret_seen; /* the IRET is about to run, */
	u64 nmi_iret_rip;   /* at this address, */
	bool nmi_step;      /* in a single step, */
	u64 nmi_dr6;        /* which this makes unseen */
};

static inline struct svm_vcpu *svm_of(struct hw_vcpu *v)
{
	return v->priv;
}

static inline struct vmcb *vmcb_of(struct hw_vcpu *v)
{
	return svm_of(v)->vmcb;
}

/**
 * The CPU's own second page, at the same private address on every CPU: what
 * VMLOAD puts back after an exit. The part that VMSAVE leaves alone begins
 * with the page's HPA.
 */
extern u64 *svm_host_hpa;

/* svm_exit.c */
bool svm_vcpu_run(struct hw_vcpu *v, const u32 *kick, struct exit_info *exit);

void svm_enter(struct hw_vcpu *v, u64 vmcb_hpa, u64 host_hpa);

/* svm_nmi.c */

/** The IRET that ends an NMI handler exits. */
void svm_nmi_iret(struct hw_vcpu *v);
/** An NMI waits: see to it that an exit comes when it can be taken. */
void svm_nmi_step(struct hw_vcpu *v);
/** After every exit while NMIs are masked; true if it means nothing else. */
bool svm_nmi_note_exit(struct hw_vcpu *v);

/* svm_vm.c */
int svm_vm_init(struct hw_vm *vm);
void svm_vm_free(struct hw_vm *vm);
void svm_vm_trap_pio(struct hw_vm *vm, u16 port, u32 count, bool trap);
void svm_vm_trap_msr(struct hw_vm *vm, u32 msr, bool read, bool write);
bool svm_vm_passes(const struct hw_vm *vm, enum hw_access what, u32 nr);

/* svm_vcpu.c */
int svm_vcpu_init(struct hw_vcpu *v, struct hw_vm *vm);
void svm_vcpu_free(struct hw_vcpu *v);
void svm_vcpu_put(struct hw_vcpu *v);
void svm_vcpu_reset(struct hw_vcpu *v, enum vcpu_reset how);
void svm_vcpu_get_sregs(struct hw_vcpu *v, struct guest_sregs *s);
void svm_vcpu_get_code(struct hw_vcpu *v, struct guest_code *c);
void svm_vcpu_set_sregs(struct hw_vcpu *v, const struct guest_sregs *s);

#endif
