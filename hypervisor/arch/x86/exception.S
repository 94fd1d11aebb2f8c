/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupt and exception entries. Each pushes what the CPU did not, so that
 * all frames look like struct trap_frame.
 */
	.section .text
	.altmacro
	.macro	trap_entry vector has_error
	.align	16
	.if	\has_error == 0
	pushq	$0
	.endif
	pushq	$\vector
	jmp	trap_common
	.endm

	.align	16
	.globl	trap_entries
trap_entries:
	.set	v, 0
	.rept	32
	/*
	 * Vectors that push an error code: SDM vol 3, table 6-1. From 16 on
	 * Holm has no exceptions but 18, which pushes none: what comes there
	 * is an interrupt that a guest left behind on its CPU.
	 */
	.if	v == 8 || v == 10 || v == 11 || v == 12 || v == 13 || v == 14
	trap_entry %v 1
	.else
	trap_entry %v 0
	.endif
	.set	v, v + 1
	.endr
	/* Interrupts: our own, and whatever a guest left behind on its CPU. */
	.rept	224
	trap_entry %v 0
	.set	v, v + 1
	.endr

trap_common:
	cld
	pushq	%rax
	pushq	%rcx
	pushq	%rdx
	pushq	%rbx
	pushq	%rbp
	pushq	%rsi
	pushq	%rdi
	pushq	%r8
	pushq	%r9
	pushq	%r10
	pushq	%r11
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movq	%rsp, %rdi
	call	trap_handle
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%r11
	popq	%r10
	popq	%r9
	popq	%r8
	popq	%rdi
	popq	%rsi
	popq	%rbp
	popq	%rbx
	popq	%rdx
	popq	%rcx
	popq	%rax
	addq	$16, %rsp
	iretq

/* void arch_idle(const u32 *flag, bool interrupts) */
	.globl	arch_idle
arch_idle:
idle_check:
	cmpl	$0, (%rdi)
	jne	idle_end
	testb	%sil, %sil
	jz	1f
	sti
1:	hlt
idle_end:
	cli
	ret

/* void arch_poll_interrupts(void): STI holds them off for one instruction. */
	.globl	arch_poll_interrupts
arch_poll_interrupts:
	sti
	nop
	nop
	cli
	ret

/* bool x86_rdmsr_safe(u32 msr, u64 *v) */
	.globl	x86_rdmsr_safe
x86_rdmsr_safe:
	movl	%edi, %ecx
5:	rdmsr
	shlq	$32, %rdx
	orq	%rdx, %rax
	movq	%rax, (%rsi)
	movl	$1, %eax
	ret
	.globl	x86_wrmsr_safe
x86_wrmsr_safe:
	movl	%edi, %ecx
	movq	%rsi, %rdx
	movl	%esi, %eax
	shrq	$32, %rdx
6:	wrmsr
	movl	$1, %eax
	ret
	.globl	x86_xsetbv_safe
x86_xsetbv_safe:
	movl	%edi, %ecx
	movq	%rsi, %rdx
	movl	%esi, %eax
	shrq	$32, %rdx
7:	xsetbv
	movl	$1, %eax
	ret
refused:
	xorl	%eax, %eax
	ret

	.section .nmi_table, "a"
	.quad	idle_check, idle_end, idle_end

	.section .ex_table, "a"
	.quad	5b, refused
	.quad	6b, refused
	.quad	7b, refused

	.section .note.GNU-stack, "", @progbits
