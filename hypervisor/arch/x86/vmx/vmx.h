/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of vmx/ share; nobody else includes it. */
#ifndef ARCH_X86_VMX_VMX_H
#define ARCH_X86_VMX_VMX_H

#include "arch/x86/trap_maps.h"
#include "arch/x86/vmx/caps.h"
#include "arch/x86/vmx/insn.h"
#include "arch/x86/vmx/pi.h"
#include "core/log.h"
#include "vm/backend.h"

extern const struct backend vmx_backend;

/** MSRs of a guest that no VMCS field holds and Holm does not use. */
#define VMX_SWAPPED_MSRS 5

/** Facts of the last exit that are read when first asked for. */
#define CACHED_INTERRUPTIBILITY BIT32(0)

/** A vCPU's VMCS and what goes with it. */
struct vmx_vcpu {
	struct vmcs *vmcs;
	hpa_t vmcs_hpa;
	u8 *vapic; /* its TPR only, unless by_cpu */
	u64 eptp;
	u64 host_rsp; /* as the VMCS has it */
	u64 rip, rsp, rflags;
	u64 tsc_offset;
	u64 timer_end; /* as timer.h counts */
	u32 pin;       /* controls as the VMCS has them */
	u32 primary;
	u32 secondary;
	u64 eoi_exits[4];
	u32 cached; /* CACHED_* */
	u32 interruptibility;
	bool launched;
	bool flush;
	bool timer_on; /* vmx_timer_load() before an entry */
	u8 timer_shift;
	bool injected; /* an event goes in with the next entry */
	bool watch_tpr;
	bool by_cpu;  /* the CPU delivers interrupts by itself */
	bool posting; /* other CPUs may post to it: while by_cpu */
	/* While it is not loaded. */
	u64 msr[VMX_SWAPPED_MSRS];
	u64 cr2, dr6;
	struct pi_desc pi;
	u32 senders; /* CPUs that post just now, and may notify */
	u64 spec_ctrl; /* while Holm runs, if Holm has one of its own */
};

/** The CPU's second private page. */
struct vmx_cpu {
	struct vmx_vcpu *loaded; /* whose VMCS and MSRs this CPU has */
	hpa_t region;
};

static inline struct vmx_vcpu *vmx_of(struct hw_vcpu *v)
{
	return v->priv;
}

/* vmx_cpu.c */

/** The calling CPU's. */
struct vmx_cpu *vmx_cpu(void);

int vmx_cpu_enable(void *save_area, hpa_t hpa);

/** Make the calling CPU the one that @s is loaded on. */
void vmx_load(struct vmx_vcpu *s);

/** Take @s off the calling CPU, if it is there. */
void vmx_unload(struct vmx_vcpu *s);

/**
 * Make @s's VMCS current for a few accesses; returns who had been loaded,
 * which goes to vmx_return().
 */
struct vmx_vcpu *vmx_borrow(struct vmx_vcpu *s);
void vmx_return(struct vmx_vcpu *s, struct vmx_vcpu *before);

/** Number of an MSR in vmx_vcpu.msr, or -1. */
int vmx_swapped_index(u32 msr);

/* vmx_vm.c */
int vmx_vm_init(struct hw_vm *vm);
void vmx_vm_free(struct hw_vm *vm);
void vmx_vm_trap_pio(struct hw_vm *vm, u16 port, u32 count, bool trap);
void vmx_vm_trap_msr(struct hw_vm *vm, u32 msr, bool read, bool write);
bool vmx_vm_passes(const struct hw_vm *vm, enum hw_access what, u32 nr);

/* vmx_vcpu.c */
int vmx_vcpu_init(struct hw_vcpu *v, struct hw_vm *vm);
void vmx_vcpu_free(struct hw_vcpu *v);
void vmx_vcpu_put(struct hw_vcpu *v);
void vmx_vcpu_reset(struct hw_vcpu *v, enum vcpu_reset how);

/* vmx_regs.c */
void vmx_vcpu_get_sregs(struct hw_vcpu *v, struct guest_sregs *s);
void vmx_vcpu_get_code(struct hw_vcpu *v, struct guest_code *c);
void vmx_vcpu_set_sregs(struct hw_vcpu *v, const struct guest_sregs *s);
u64 vmx_vcpu_msr(struct hw_vcpu *v, u32 msr, const u64 *set, bool *known);

/** The same of the current VMCS. */
void vmx_write_sregs(const struct guest_sregs *s);

/** CR0 and CR4 as the guest sees them, from the current VMCS. */
u64 vmx_guest_cr0(void);
u64 vmx_guest_cr4(void);

/** The bits of CR0 and CR4 that a guest cannot change by itself. */
u64 vmx_owned_cr0(void);
u64 vmx_owned_cr4(void);

/* vmx_event.c */
void vmx_vcpu_inject(struct hw_vcpu *v, const struct guest_event *ev);
bool vmx_vcpu_interrupted(struct hw_vcpu *v, struct guest_event *ev);
bool vmx_vcpu_irq_ready(struct hw_vcpu *v);
bool vmx_vcpu_nmi_ready(struct hw_vcpu *v);
void vmx_vcpu_skip(struct hw_vcpu *v, u32 len);
u8 vmx_vcpu_get_tpr(struct hw_vcpu *v);
void vmx_vcpu_set_tpr(struct hw_vcpu *v, u8 tpr);
void vmx_vcpu_watch(struct hw_vcpu *v, enum vcpu_watch what, bool on);

/* vmx_apic.c */
bool vmx_vcpu_apic_own(struct hw_vcpu *v, bool by_cpu, struct apic_vectors *s);
bool vmx_vcpu_apic_post(struct hw_vcpu *v, const struct apic_vectors *s);
bool vmx_vcpu_apic_send(struct hw_vcpu *v, u8 vector);

/** What was posted becomes requested in the loaded guest's page. */
void vmx_apic_take_posted(struct vmx_vcpu *s);

/** After INIT: nothing requested, nothing in service. */
void vmx_apic_reset(struct vmx_vcpu *s);

/** Why the loaded guest cannot be interrupted: BLOCKED_BY_*. */
u32 vmx_interruptibility(struct vmx_vcpu *s);
void vmx_set_interruptibility(struct vmx_vcpu *s, u32 v);

/** Change primary controls of the loaded guest. */
void vmx_set_primary(struct vmx_vcpu *s, u32 bits, bool on);

/** Give the loaded guest #GP(0). */
void vmx_inject_gp(struct hw_vcpu *v);

/* vmx_timer.c */
bool vmx_vcpu_timer(struct hw_vcpu *v, u64 tsc);

/** Count from now: the loaded guest is about to be entered. */
void vmx_timer_load(struct vmx_vcpu *s);

/* vmx_cr.c */

/** A move to a control register that touched a bit which is not its own. */
void vmx_exit_cr(struct hw_vcpu *v, struct exit_info *x);

/* vmx_exit.c */

/** Translate the exit into facts. */
void vmx_exit_facts(struct hw_vcpu *v, struct exit_info *x);

/* vmx_fail.c */

/** Say which rule the loaded VMCS breaks, which the CPU has just refused. */
void vmx_explain(struct hw_vcpu *v, enum log_level level);

/** Say it before the CPU does. */
void vmx_check_launch(struct hw_vcpu *v);

/** Which area of the loaded VMCS breaks a rule, @out; CHECK_AREAS if none. */
struct check_broken;
u32 vmx_find_broken(struct hw_vcpu *v, struct check_broken *out);

/* vmx_break.c */

/** Compare the table of rules with what this CPU refuses. */
void vmx_break_launch(struct hw_vcpu *v);

/* In debug builds every launch is looked at first. */
#ifdef HOLM_DEBUG
#define VMX_CHECK_LAUNCH true
#else
#define VMX_CHECK_LAUNCH false
#endif

/* entry.S */
u32 vmx_enter(struct hw_vcpu *v, u32 how, const u32 *kick, u64 *host_rsp);
extern const u8 vmx_exit[];

#endif
