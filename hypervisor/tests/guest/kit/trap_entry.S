/* SPDX-License-Identifier: BSD-2-Clause */
/* Exceptions and interrupts in, and calls that may end in an exception. */
#define CPU_PROBE_SP	8	/* of struct kcpu; asserted in trap.c */

	.text
	.code64
	.balign	16
	.globl	trap_stubs
trap_stubs:
	.set	vector, 0
	.rept	256
	.balign	16
	.if	vector == 8 || (vector >= 10 && vector <= 14) || vector == 17
	nop
	.else
	pushq	$0
	.endif
	pushq	$vector
	jmp	trap_common
	.set	vector, vector + 1
	.endr

	.macro	SAVE regs:vararg
	.irp	r, \regs
	pushq	%\r
	.endr
	.endm
	.macro	RESTORE regs:vararg
	.irp	r, \regs
	popq	%\r
	.endr
	.endm

trap_common:
	SAVE	rax, rcx, rdx, rbx, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13
	SAVE	r14, r15
	cld
	movq	%rsp, %rdi
	movq	%rsp, %rbp
	andq	$-16, %rsp
	call	trap_handle
	movq	%rbp, %rsp
	RESTORE	r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx
	RESTORE	rcx, rax
	addq	$16, %rsp
	iretq

/*
 * u32 probe_enter(void (*fn)(void *), void *arg): 256, or the vector of the
 * exception that ended @fn.
 */
	.globl	probe_enter, probe_landing
probe_enter:
	SAVE	rbx, rbp, r12, r13, r14, r15
	movq	%rsp, %gs:CPU_PROBE_SP
	subq	$8, %rsp
	movq	%rdi, %rax
	movq	%rsi, %rdi
	call	*%rax
	movl	$256, %eax
	/* From an exception: RAX is the vector, all else is as it was. */
probe_landing:
	movq	%gs:CPU_PROBE_SP, %rsp
	movq	$0, %gs:CPU_PROBE_SP
	RESTORE	r15, r14, r13, r12, rbp, rbx
	ret

/* void ring3_enter(void (*fn)(void), void *stack_top): never returns. */
	.globl	ring3_enter
ring3_enter:
	pushq	$0x2b
	pushq	%rsi
	pushq	$0x2
	pushq	$0x23
	pushq	%rdi
	iretq

	.section .note.GNU-stack, "", @progbits
