/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A 64-bit inmate: long mode with the lowest 4 GiB mapped as they are. EBX
 * is the CPU's number, EBP 1 on the first, which makes the tables.
 */
#include "lib/memmap.h"

#define PRESENT_WRITE 0x3
#define LEAF_2M       0x83
#define CR4_PAE       0x20
#define MSR_EFER      0xc0000080
#define EFER_LME      0x100
#define CR0_PG        0x80000000

	.text
	.code32
	.globl	inmate_enter
inmate_enter:
	testl	%ebp, %ebp
	jz	2f
	movl	$pdpt + PRESENT_WRITE, inmate_pml4
	movl	$pds + PRESENT_WRITE, %eax
	xorl	%ecx, %ecx
1:	movl	%eax, pdpt(,%ecx,8)
	addl	$4096, %eax
	incl	%ecx
	cmpl	$4, %ecx
	jb	1b
	movl	$LEAF_2M, %eax
	xorl	%ecx, %ecx
1:	movl	%eax, pds(,%ecx,8)
	addl	$0x200000, %eax
	incl	%ecx
	cmpl	$2048, %ecx
	jb	1b
2:	movl	$inmate_pml4, %eax
	movl	%eax, %cr3
	movl	%cr4, %eax
	orl	$CR4_PAE, %eax
	movl	%eax, %cr4
	movl	$MSR_EFER, %ecx
	rdmsr
	orl	$EFER_LME, %eax
	wrmsr
	movl	%cr0, %eax
	orl	$CR0_PG, %eax
	movl	%eax, %cr0
	ljmpl	$SEL_CODE64, $1f

	.code64
1:	movl	%esp, %esp
	movl	%ebx, %edi
	call	inmate_cpu
1:	cli
	hlt
	jmp	1b

	.bss
	.globl	inmate_pml4
	.balign	4096
inmate_pml4:
	.skip	4096
pdpt:	.skip	4096
pds:	.skip	4 * 4096

	.section .note.GNU-stack, "", @progbits
