/* SPDX-License-Identifier: BSD-2-Clause */
/* What programs for cells begin with; flat 32-bit. For .S files only. */
#ifndef KIT_CELL_ASM_H
#define KIT_CELL_ASM_H

#include "kit/cells.h"

#ifdef __ASSEMBLER__
/* clang-format off */

	.macro	SETMSR msr, high, low
	movl	$\msr, %ecx
	movl	$\high, %edx
	movl	$\low, %eax
	wrmsr
	.endm

	/* The local APIC: enabled, in x2APIC mode. */
	.macro	ENTER_X2APIC
	movl	$0x1b, %ecx
	rdmsr
	orl	$0xc00, %eax
	wrmsr
	SETMSR	0x80f, 0, 0x1ff
	.endm

	/* The program cell_\name has a stack, and its \handler takes interrupts. */
	.macro	TAKE_IRQ name, handler
	movl	$CELL_STACK, %esp
	lgdt	\name\()_gdt_at - cell_\name + CELL_AT
	movl	$(\handler - cell_\name + CELL_AT), %eax
	movw	%ax, \name\()_gate - cell_\name + CELL_AT
	shrl	$16, %eax
	movw	%ax, \name\()_gate - cell_\name + CELL_AT + 6
	lidt	\name\()_idt_at - cell_\name + CELL_AT
	.endm

	/* Its tables. The one gate is the last of its IDT. */
	.macro	GDT name
	.balign	8
\name\()_gdt:
	.quad	0, 0x00cf9b000000ffff, 0x00cf93000000ffff
\name\()_gdt_at:
	.word	23
	.long	\name\()_gdt - cell_\name + CELL_AT
	.endm
	.macro	TABLES name, vector
	GDT	\name
\name\()_gate:
	.word	0, 8, 0x8e00, 0
\name\()_idt_at:
	.word	(\vector + 1) * 8 - 1
	.long	\name\()_gate - cell_\name + CELL_AT - \vector * 8
	.endm

/* clang-format on */
#endif
#endif
