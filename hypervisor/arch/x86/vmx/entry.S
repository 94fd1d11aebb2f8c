/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * enum vmx_entered vmx_enter(struct hw_vcpu *v, bool launched,
 *			      const u32 *kick, u64 *host_rsp)
 *
 * One run of the guest. RSP, RIP and RFLAGS travel in the VMCS. Nothing
 * holds NMIs off between the look at *kick and the guest, so an NMI that
 * comes there goes on at "kicked" when it is over: see trap.c.
 */
#include "arch/x86/vmx/regs.h"

	.section .text
	.globl	vmx_enter, vmx_exit
	.align	16
vmx_enter:
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	pushq	%rdi
	/* The exit finds this very stack; it is seldom another one. */
	cmpq	%rsp, (%rcx)
	je	window
	movq	%rsp, (%rcx)
	movl	$HOST_RSP_FIELD, %eax
	vmwrite	%rsp, %rax
window:
	cmpl	$0, (%rdx)
	jne	kicked
	testb	%sil, %sil
	movq	0x00(%rdi), %rax
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
	jz	launch
	vmresume
	jmp	failed
launch:
	vmlaunch
window_end:
failed:
	movl	$VMX_ENTER_FAILED, %eax
	jmp	out
	.align	16
vmx_exit:
	pushq	%rdi
	movq	0x08(%rsp), %rdi
	movq	%rax, 0x00(%rdi)
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
	movl	$VMX_ENTERED, %eax
out:
	popq	%rdi
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	ret
kicked:
	movl	$VMX_ENTER_KICKED, %eax
	jmp	out

	.section .nmi_table, "a"
	.quad	window, window_end, kicked

	.section .note.GNU-stack, "", @progbits
