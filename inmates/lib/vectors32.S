/* SPDX-License-Identifier: BSD-2-Clause */
/* Each vector's first instructions: a struct trap for trap_dispatch(). */
#include "lib/vectors.h"

	.text
	.code32
	.globl	trap_vectors
	.balign	VECTOR_BYTES
trap_vectors:
	.set	n, 0
	.rept	VECTORS
	.balign	VECTOR_BYTES
	.if	HAS_ERROR_CODE(n) == 0
	pushl	$0
	.endif
	pushl	$n
	jmp	common
	.set	n, n + 1
	.endr

common:
	pushal
	cld
	pushl	%esp
	call	trap_dispatch
	addl	$4, %esp
	popal
	addl	$8, %esp
	iretl

	.section .note.GNU-stack, "", @progbits
