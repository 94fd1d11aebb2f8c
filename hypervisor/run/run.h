/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of run/ share. */
#ifndef RUN_RUN_H
#define RUN_RUN_H

#include "guest/x86/decode.h"
#include "vm/vm.h"

/** Answers one exit: the vCPU's registers are those it goes on with. */
typedef void (*run_exit_fn)(struct vcpu *v, const struct exit_info *x);

/* run/exit.c */
extern const run_exit_fn run_exit_table[HOLM_EXIT_COUNT];

/**
 * The exit came in the delivery of an event: that is delivered again, unless
 * the answer to the exit injects something else. Before the answer.
 */
void run_redeliver(struct vcpu *v);

/** Sleep until the calling CPU is kicked; false if @v must stop. */
bool run_wait(struct vcpu *v);

/* run/fetch.c */

/**
 * Fetch up to X86_INSN_MAX instruction bytes at the guest's RIP. Returns how
 * many; 0 after injecting the fault that the fetch caused.
 */
u32 run_fetch(struct vcpu *v, u8 *buf);

/**
 * Fetch and decode at @c; NULL after injecting what the guest gets instead.
 * Stays as it is until the vCPU's next exit.
 */
const struct x86_insn *run_decode(struct vcpu *v, const struct guest_code *c);

/** An opcode without operands; of static storage: its address stands for it. */
struct run_opcode {
	u8 len;
	u8 byte[3];
};

/**
 * Length of the instruction that exited, at @c, which must be @op; 0 (a fault
 * was injected, or something else stands there by now): run the guest again
 * as it is.
 */
u32 run_insn_len(struct vcpu *v, const struct exit_info *x,
		 const struct guest_code *c, const struct run_opcode *op);

/** Mode the instruction decoder must assume. */
enum x86_mode run_mode(const struct guest_sregs *s);

/* run/inject.c */
void run_inject_ud(struct vcpu *v);
void run_inject_gp(struct vcpu *v);
void run_inject_pf(struct vcpu *v, u64 cr2, u32 error_code);
void run_inject_exception(struct vcpu *v, u8 vector, bool has_error, u32 error);

/* one file each */
void run_exit_pio(struct vcpu *v, const struct exit_info *x);
void run_exit_mmio(struct vcpu *v, const struct exit_info *x);
void run_exit_rdmsr(struct vcpu *v, const struct exit_info *x);
void run_exit_wrmsr(struct vcpu *v, const struct exit_info *x);

/** Clear what one guest could leave in registers for the next. */
void run_reset_shared_msrs(void);

/** The same, and vector and debug registers: this CPU as at power-on. */
void run_renew_cpu(void);

/**
 * The CPU's local APIC as after RESET, but enabled: nothing pending, in the
 * mode that is said.
 */
void run_renew_lapic(bool x2apic);

/** Have an exit, or none, as soon as @v can take an interrupt. */
void run_irq_window(struct vcpu *v, bool on);

/** Give @v its pending NMI, if it can take one now. */
void run_inject_nmi(struct vcpu *v);

/** Stage 2 may have changed: drop every translation of @v. */
void run_forget_memory(struct vcpu *v);

/** Requests other CPUs posted; false if @v is not to enter the guest. */
bool run_requests(struct vcpu *v);

/** By CR8 a guest moves its priority without a trap: tell its virtual APIC. */
void run_sync_tpr(struct vcpu *v);

/**
 * Interrupts and timers of a mediated vCPU, before it enters the guest. Sets
 * its attention if it must be called before the next entry as well.
 */
void run_prepare_mediated(struct vcpu *v);

/** The timer that was set for @v's next deadline, or one before, is over. */
void run_timer_over(struct vcpu *v);

/** @v is about to sleep: what counts in guests only cannot wake it. */
void run_timer_outside(struct vcpu *v);

#endif
