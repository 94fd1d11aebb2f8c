/* SPDX-License-Identifier: BSD-2-Clause */
/* A 32-bit inmate: EBX is the CPU's number, EBP 1 on the first. */
	.text
	.code32
	.globl	inmate_enter
inmate_enter:
	pushl	$0
	pushl	$0
	pushl	$0
	pushl	%ebx
	call	inmate_cpu
1:	cli
	hlt
	jmp	1b

	.section .note.GNU-stack, "", @progbits
