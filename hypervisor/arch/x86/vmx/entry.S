/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * u32 vmx_enter(struct hw_vcpu *v, u32 how, const u32 *kick, u64 *host_rsp)
 *
 * One run of the guest. RSP, RIP and RFLAGS travel in the VMCS. Nothing
 * holds NMIs off between the look at *kick and the guest, so an NMI that
 * comes there goes on at "kicked" when it is over: see trap.c.
 */
#include "arch/x86/entry_regs.h"
#include "arch/x86/mitigate.h"
#include "arch/x86/vmx/regs.h"

	.section .text
	.globl	vmx_enter, vmx_exit
	.align	16
vmx_enter:
	PUSH_CALLEE_SAVED
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
	/*
	 * Two flags carry what is to be done past the loading: BT leaves ZF
	 * alone, and VERW nothing but ZF.
	 */
	testb	$VMX_HOW_BUFFERS, %sil
	btl	$VMX_HOW_RESUME_BIT, %esi
	movq	0x00(%rdi), %rax
	LOAD_GUEST_REGS
	jnz	buffers
go:
	jnc	launch
	vmresume
	jmp	failed
buffers:
	verw	mitigate_verw(%rip)
	jmp	go
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
	STORE_GUEST_REGS
	movl	$VMX_ENTERED, %eax
	MITIGATE_EXIT
out:
	popq	%rdi
	POP_CALLEE_SAVED
	ret
kicked:
	movl	$VMX_ENTER_KICKED, %eax
	jmp	out

	.section .nmi_table, "a"
	.quad	window, window_end, kicked

	.section .note.GNU-stack, "", @progbits
