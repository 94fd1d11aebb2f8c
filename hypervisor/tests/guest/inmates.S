/* SPDX-License-Identifier: BSD-2-Clause */
/* The demo inmates. */
	.macro	INMATE name
	.globl	inmate_\name, inmate_\name\()_end
	.balign	16
inmate_\name:
	.incbin	"\name\().bin"
inmate_\name\()_end:
	.endm

	.section .rodata
	.irp	name, hello32, hello64, smp, timer
	INMATE	\name
	.endr

	.section .note.GNU-stack, "", @progbits
