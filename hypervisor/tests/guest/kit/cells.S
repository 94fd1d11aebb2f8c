/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Programs of a few instructions for cells; flat 32-bit at CELL_AT unless
 * said otherwise. They tell what they do in the shared page; see cells.h.
 */
#include "kit/cell_asm.h"

	.macro	CELL name
	.globl	cell_\name, cell_\name\()_end
	.balign	16
cell_\name:
	.endm
	.macro	END name
cell_\name\()_end:
	.endm

	.section .rodata
	.code32

	CELL	count
1:	incl	CELL_SHARED
	jmp	1b
	END	count

	/* Interrupts off, for ever. */
	CELL	jam
	cli
	movl	$1, CELL_SHARED
1:	jmp	1b
	END	jam

	CELL	triple
	pushl	$0
	pushl	$0
	lidt	(%esp)
	ud2
	END	triple

	/* What it owns, what it does not, then "done". */
	CELL	reach
	movl	$CELL_STACK, %esp
	xorl	%eax, %eax
	movw	$CELL_PORT, %dx
	inb	%dx, %al
	movl	%eax, CELL_SHARED + 4
	movw	$CELL_PORT_OTHER, %dx
	inb	%dx, %al
	movl	%eax, CELL_SHARED + 8
	outb	%al, %dx
	movl	CELL_NOWHERE, %eax
	movl	%eax, CELL_SHARED + 12
	movl	$0x12345678, CELL_NOWHERE
	movl	$0, 0xfee00310		/* to LAPIC 0, */
	movl	$0x4041, 0xfee00300	/* vector 41 */
	movl	0, %eax			/* wiped? */
	movl	%eax, CELL_SHARED + 16
	movl	$1, CELL_SHARED
1:	incl	CELL_SHARED + 20
	jmp	1b
	END	reach

	/* One refused port, then it would go on. */
	CELL	sin
	movw	$CELL_PORT_OTHER, %dx
	inb	%dx, %al
1:	incl	CELL_SHARED
	jmp	1b
	END	sin

	/* A periodic timer in x2APIC mode, counted by its handler. */
	CELL	timer
	TAKE_IRQ timer, timer_tick
	ENTER_X2APIC
	SETMSR	0x83e, 0, 0xb
	SETMSR	0x832, 0, 0x20040
	SETMSR	0x838, 0, CELL_PERIOD
	sti
1:	hlt
	incl	CELL_SHARED + 4
	jmp	1b
timer_tick:
	incl	CELL_SHARED
	SETMSR	0x80b, 0, 0
	iret
	TABLES	timer, 0x40
	END	timer

	/* Starts the CPU with LAPIC id 2 at CELL_AP. */
	CELL	pair
	movl	$0x1ff, 0xfee000f0
	movl	$2 << 24, 0xfee00310
	movl	$0x4500, 0xfee00300
	movl	$0x4600 + (CELL_AP >> 12), 0xfee00300
1:	incl	CELL_SHARED
	jmp	1b
	END	pair

	/* The same in x2APIC mode. */
	CELL	pair_x2apic
	ENTER_X2APIC
	SETMSR	0x830, 2, 0x4500
	SETMSR	0x830, 2, 0x4600 + (CELL_AP >> 12)
1:	incl	CELL_SHARED
	jmp	1b
	END	pair_x2apic

/* Fields of struct holm_comm. */
#define COMM_MESSAGE (CELL_COMM + 0x34)
#define COMM_STATE   (CELL_COMM + 0x38)
#define COMM_REPLY   (CELL_COMM + 0x3c)
#define COMM_HEAD    (CELL_COMM + 0x40)
#define COMM_CONSOLE (CELL_COMM + 0x800)

	/* Says "hi!\n", then does what the shared page tells it. */
	CELL	talk
	movl	$0x0a216968, COMM_CONSOLE
	movl	$4, COMM_HEAD
1:	incl	CELL_SHARED + TALK_COUNT
	movl	CELL_SHARED + TALK_STATE, %eax
	movl	%eax, COMM_STATE
	movl	COMM_MESSAGE, %eax
	testl	%eax, %eax
	jz	1b
	cmpl	$1, %eax		/* SHUTDOWN */
	jne	2f
	movl	CELL_SHARED + TALK_REPLY, %eax
	testl	%eax, %eax
	jz	1b
	movl	%eax, COMM_REPLY
	movl	$0, COMM_MESSAGE
	jmp	1b
2:	movl	$4, COMM_REPLY		/* RECEIVED */
	incl	CELL_SHARED + TALK_CHANGED
	movl	$0, COMM_MESSAGE
	jmp	1b
	END	talk

	.macro	PCIW reg, val
	movl	$0x80000000 + (CELL_IV_BDF << 8) + \reg, %eax
	movl	$0xcf8, %edx
	outl	%eax, %dx
	movl	$\val, %eax
	movl	$0xcfc, %edx
	outl	%eax, %dx
	.endm

	CELL	link
	TAKE_IRQ link, link_rung
	ENTER_X2APIC
	PCIW	0x10, CELL_IV_REGS
	PCIW	0x14, CELL_IV_TABLE
	PCIW	0x04, 6			/* memory, bus master */
	movl	$0x802, %ecx
	rdmsr
	shll	$12, %eax
	orl	$0xfee00000, %eax
	movl	%eax, CELL_IV_TABLE
	movl	$0, CELL_IV_TABLE + 4
	movl	$LINK_VECTOR, CELL_IV_TABLE + 8
	movl	$0, CELL_IV_TABLE + 12
	PCIW	0x60, 0x80000000	/* MSI-X on */
	movl	CELL_IV_REGS, %esi
	movl	%esi, %ebx
	shll	$12, %ebx
	addl	$CELL_LINK + LINK_OUT, %ebx
	movl	$1, CELL_IV_REGS + 0x08	/* interrupts on */
	movl	$1, CELL_IV_REGS + 0x10	/* state 1: ready */
	sti
1:	hlt
	jmp	1b
link_rung:
	movl	CELL_LINK + LINK_RW, %eax
	cmpl	$LINK_DIE, %eax
	je	3f
	movl	%eax, (%ebx)
	incl	4(%ebx)
	movl	CELL_LINK + LINK_RW + LINK_RING(, %esi, 4), %eax
	cmpl	$-1, %eax
	je	2f
	movl	%eax, CELL_IV_REGS + 0x0c
2:	SETMSR	0x80b, 0, 0
	iret
3:	pushl	$0
	pushl	$0
	lidt	(%esp)
	ud2
	TABLES	link, LINK_VECTOR
	END	link

	.code16

	/* Real mode, at CELL_RESET or CELL_AP: counts at CELL_SHARED + 4. */
	CELL	real
	movw	$CELL_SHARED >> 4, %ax
	movw	%ax, %ds
1:	incw	4
	jmp	1b
	END	real

	.section .note.GNU-stack, "", @progbits
