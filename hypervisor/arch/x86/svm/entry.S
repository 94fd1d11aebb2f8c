/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * void svm_enter(struct hw_vcpu *v, u64 vmcb, u64 host)
 *
 * One run of the guest. Called with GIF clear, returns with it set. RAX, RSP,
 * RIP and RFLAGS travel in the VMCB.
 */
#include "arch/x86/entry_regs.h"
#include "arch/x86/mitigate.h"

	.section .text
	.globl	svm_enter
	.align	16
svm_enter:
	PUSH_CALLEE_SAVED
	pushq	%rdi
	pushq	%rdx
	movq	%rsi, %rax
	LOAD_GUEST_REGS
	/*
	 * With virtual interrupt masking the host's IF says whether physical
	 * interrupts exit (15.21.1); GIF still holds them off here.
	 */
	sti
	vmload	%rax
	vmrun	%rax
	cli
	vmsave	%rax
	pushq	%rdi
	movq	0x10(%rsp), %rdi
	STORE_GUEST_REGS
	popq	%rax
	popq	%rdi
	vmload	%rax
	MITIGATE_EXIT
	/* From here NMIs come; the host's TSS is back. */
	stgi
	POP_CALLEE_SAVED
	ret

	.section .note.GNU-stack, "", @progbits
