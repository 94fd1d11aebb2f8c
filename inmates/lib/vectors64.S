/* SPDX-License-Identifier: BSD-2-Clause */
/* Each vector's first instructions: a struct trap for trap_dispatch(). */
#include "lib/vectors.h"

	.text
	.globl	trap_vectors
	.balign	VECTOR_BYTES
trap_vectors:
	.set	n, 0
	.rept	VECTORS
	.balign	VECTOR_BYTES
	.if	HAS_ERROR_CODE(n) == 0
	pushq	$0
	.endif
	pushq	$n
	jmp	common
	.set	n, n + 1
	.endr

	/* Only what a C function may change; the frame is of 22 words then. */
common:
	.irp	reg, rax, rcx, rdx, rsi, rdi, r8, r9, r10, r11
	pushq	%\reg
	.endr
	cld
	movq	%rsp, %rdi
	call	trap_dispatch
	.irp	reg, r11, r10, r9, r8, rdi, rsi, rdx, rcx, rax
	popq	%\reg
	.endr
	addq	$16, %rsp
	iretq

	.section .note.GNU-stack, "", @progbits
