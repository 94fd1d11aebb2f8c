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
	.irp	name, clock, hello32, hello64, ioapic, pci, shutdown, smp, timer, uart, wild
	INMATE	\name
	.endr

	.section .note.GNU-stack, "", @progbits
