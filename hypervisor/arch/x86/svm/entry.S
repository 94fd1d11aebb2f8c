/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * void svm_enter(struct hw_vcpu *v, u64 vmcb, u64 host)
 *
 * One run of the guest. Called with GIF clear, returns with it set. RAX, RSP,
 * RIP and RFLAGS travel in the VMCB.
 */
#include "arch/x86/mitigate.h"

	.section .text
	.globl	svm_enter
	.align	16
svm_enter:
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	pushq	%rdi
	pushq	%rdx
	movq	%rsi, %rax
	movq	0x08(%rdi), %rcx
	movq	0x10(%rdi), %rdx
	movq	0x18(%rdi), %rbx
	movq	0x28(%rdi), %rbp
	movq	0x30(%rdi), %rsi
	movq	0x40(%rdi), %r8
	movq	0x48(%rdi), %r9
	movq	0x50(%rdi), %r10
	movq	0x58(%rdi), %r11
	movq	0x60(%rdi), %r12
	movq	0x68(%rdi), %r13
	movq	0x70(%rdi), %r14
	movq	0x78(%rdi), %r15
	movq	0x38(%rdi), %rdi
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
	movq	%rcx, 0x08(%rdi)
	movq	%rdx, 0x10(%rdi)
	movq	%rbx, 0x18(%rdi)
	movq	%rbp, 0x28(%rdi)
	movq	%rsi, 0x30(%rdi)
	movq	%r8, 0x40(%rdi)
	movq	%r9, 0x48(%rdi)
	movq	%r10, 0x50(%rdi)
	movq	%r11, 0x58(%rdi)
	movq	%r12, 0x60(%rdi)
	movq	%r13, 0x68(%rdi)
	movq	%r14, 0x70(%rdi)
	movq	%r15, 0x78(%rdi)
	popq	0x38(%rdi)
	popq	%rax
	popq	%rdi
	vmload	%rax
	MITIGATE_EXIT
	/* From here NMIs come; the host's TSS is back. */
	stgi
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	ret

	.section .note.GNU-stack, "", @progbits
