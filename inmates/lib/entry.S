/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first instructions of a CPU, to flat 32-bit mode with a stack; then
 * enter32.S or enter64.S. EBP is 1 on the first CPU, 0 on the others.
 */
#include "lib/memmap.h"

	.section .entry, "ax"
	.globl	inmate_entry
	/*
	 * The image's first byte. A CPU that was sent SIPI is here in real
	 * mode; the first CPU of a START32 description is in protected mode.
	 * These bytes mean the same in both: smsw; test $1, %al; jnz.
	 */
	.code16
inmate_entry:
	.byte	0x0f, 0x01, 0xe0
	testb	$1, %al
	jnz	entry32
	xorl	%ebp, %ebp
	jmp	entry16
first16:
	movl	$1, %ebp
entry16:
	cli
	movw	%cs, %ax
	movw	%ax, %ds
	lgdtl	gdt_at - inmate_entry
	movl	%cr0, %eax
	orb	$1, %al
	movl	%eax, %cr0
	ljmpl	$SEL_CODE32, $flat

	.code32
entry32:
	movl	$1, %ebp
	lgdtl	gdt_at
	ljmpl	$SEL_CODE32, $flat

	.balign	8
gdt:	.quad	0
	.quad	0x00cf9b000000ffff	/* SEL_CODE32 */
	.quad	0x00cf93000000ffff	/* SEL_DATA */
	.quad	0x00af9b000000ffff	/* SEL_CODE64 */
gdt_at:	.word	gdt_at - gdt - 1
	.long	gdt

flat:
	cli
	cld
	movl	$SEL_DATA, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	xorl	%eax, %eax
	movl	%eax, %fs
	movl	%eax, %gs
	testl	%ebp, %ebp
	jnz	first
	/* Numbered in the order of arrival; no room for all: sleep. */
	movl	$1, %eax
	lock xaddl %eax, inmate_cpus_begun
	incl	%eax
	cmpl	$INMATE_CPUS, %eax
	jb	with_stack
1:	hlt
	jmp	1b

first:
	movl	$inmate_data_image, %esi
	movl	$inmate_data, %edi
	movl	$inmate_data_end, %ecx
	subl	%edi, %ecx
	rep movsb
	movl	$inmate_bss_end, %ecx
	subl	%edi, %ecx
	xorl	%eax, %eax
	rep stosb
with_stack:
	/* EAX: which CPU this is. */
	movl	%eax, %ebx
	incl	%eax
	imull	$INMATE_STACK, %eax
	leal	inmate_stacks(%eax), %esp
	jmp	inmate_enter

	.section .reset, "ax"
	.code16
	ljmp	$INMATE_HIGH >> 4, $first16 - inmate_entry
	.balign	16, 0

	.bss
	.globl	inmate_cpus_begun
	.balign	16
inmate_stacks:
	.skip	INMATE_CPUS * INMATE_STACK
inmate_cpus_begun:
	.skip	16

	.section .note.GNU-stack, "", @progbits
