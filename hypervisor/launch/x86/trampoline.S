/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where a start-up IPI sends a CPU: copied to a page below 1 MiB. Position
 * independent, except that the code knows it starts at CS:0.
 */
#include "mem/layout.h"

	.section .rodata
	.code16
	.globl	trampoline_start, trampoline_end
	.globl	trampoline_cr3, trampoline_entry
	.align	16
trampoline_start:
	cli
	cld
	movw	%cs, %ax
	movw	%ax, %ds
	movzwl	%ax, %ebx
	shll	$4, %ebx		/* physical address of this page */
	leal	(gdt - trampoline_start)(%ebx), %eax
	movl	%eax, gdtr + 2 - trampoline_start
	leal	(start32 - trampoline_start)(%ebx), %eax
	movl	%eax, jump32 - trampoline_start
	leal	(start64 - trampoline_start)(%ebx), %eax
	movl	%eax, jump64 - trampoline_start
	lgdtl	gdtr - trampoline_start
	movl	%cr0, %eax
	orl	$1, %eax
	movl	%eax, %cr0
	ljmpl	*(jump32 - trampoline_start)

	.code32
start32:
	movw	$0x10, %ax
	movw	%ax, %ds
	movw	%ax, %es
	movw	%ax, %ss
	movl	$(1 << 5), %eax		/* CR4.PAE */
	movl	%eax, %cr4
	movl	(trampoline_cr3 - trampoline_start)(%ebx), %eax
	movl	%eax, %cr3
	movl	$0xc0000080, %ecx	/* EFER: LME, NXE */
	rdmsr
	orl	$((1 << 8) | (1 << 11)), %eax
	wrmsr
	/* PG, WP, PE and the caches on. */
	movl	$((1 << 31) | (1 << 16) | (1 << 5) | 0x11), %eax
	movl	%eax, %cr0
	ljmpl	*(jump64 - trampoline_start)(%ebx)

	.code64
start64:
	movq	(trampoline_entry - trampoline_start)(%rbx), %rax
	jmp	*%rax

	.align	8
gdt:
	.quad	0
	.quad	0x00cf9b000000ffff	/* 0x08: 32-bit code */
	.quad	0x00cf93000000ffff	/* 0x10: data */
	.quad	0x00af9b000000ffff	/* 0x18: 64-bit code */
gdtr:
	.word	gdtr - gdt - 1
	.long	0
jump32:
	.long	0
	.word	0x08
jump64:
	.long	0
	.word	0x18
	.align	8
trampoline_cr3:
	.quad	0
trampoline_entry:
	.quad	0
trampoline_end:

	.section .text
	.code64
/* The first instructions at Holm's own address: into the CPU's own map. */
	.globl	ap_entry64
ap_entry64:
	movl	$0x10, %eax
	movl	%eax, %ss
	movq	ap_root(%rip), %rdi
	movabsq	$LOCAL_STACK_TOP, %rsi
	leaq	launch_ap_main(%rip), %rdx
	jmp	launch_switch_stack

	.section .data
	.align	8
	.globl	ap_root
ap_root:
	.quad	0



	.section .note.GNU-stack, "", @progbits
