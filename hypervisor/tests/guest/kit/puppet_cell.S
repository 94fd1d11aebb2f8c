/* SPDX-License-Identifier: BSD-2-Clause */
/* The program "puppet", flat 32-bit at CELL_AT: see puppet.h. */
#include "kit/cell_asm.h"
#include "kit/puppet.h"

	.section .rodata
	.code32

#define PUPPET(label) (label - cell_puppet + CELL_AT)
#define WORD(off)     (CELL_SHARED + (off))

	/* In x2APIC mode, interrupts on; see cells.h. */
	.globl	cell_puppet, cell_puppet_end
	.balign	16
cell_puppet:
	movl	$CELL_STACK, %esp
	lgdt	PUPPET(puppet_gdt_at)
	movl	$PUPPET(puppet_stubs), %eax
	movl	$PUPPET(puppet_idt), %edi
	movl	$16, %ecx
1:	movw	%ax, (%edi)
	movw	$8, 2(%edi)
	movw	$0x8e00, 4(%edi)
	addl	$8, %eax
	addl	$8, %edi
	loop	1b
	shrl	$16, %eax
	movl	$PUPPET(puppet_idt), %edi
	movl	$16, %ecx
1:	movw	%ax, 6(%edi)
	addl	$8, %edi
	loop	1b
	lidt	PUPPET(puppet_idt_at)
	cmpl	$0, WORD(PUPPET_XAPIC)
	jne	1f
	ENTER_X2APIC
	jmp	2f
1:	movl	$0x1ff, 0xfee000f0
2:	sti
puppet_next:
	movl	WORD(PUPPET_SEQ), %ebx
	cmpl	WORD(PUPPET_ACK), %ebx
	je	puppet_next
	movl	WORD(PUPPET_OP), %ecx
	movl	WORD(PUPPET_ADDR), %edx
	movl	WORD(PUPPET_VALUE), %eax
	shll	$3, %ecx
	addl	$PUPPET(puppet_ops), %ecx
	call	*%ecx
	movl	%eax, WORD(PUPPET_VALUE)
	movl	%ebx, WORD(PUPPET_ACK)
	jmp	puppet_next
	.macro	OP code:vararg
	.balign	8
	\code
	ret
	.endm
	.balign	8
puppet_ops:
	OP	movl (%edx), %eax
	OP	movzwl (%edx), %eax
	OP	movzbl (%edx), %eax
	OP	movl %eax, (%edx)
	OP	movw %ax, (%edx)
	OP	movb %al, (%edx)
	OP	inl %dx, %eax
	OP	inw %dx, %ax
	OP	inb %dx, %al
	OP	outl %eax, %dx
	OP	outw %ax, %dx
	OP	outb %al, %dx
	.balign	8
puppet_stubs:
	.set	k, 0
	.rept	16
	.balign	8
	pushl	$k
	jmp	puppet_irq
	.set	k, k + 1
	.endr
puppet_irq:
	pushl	%eax
	pushl	%ecx
	pushl	%edx
	movl	12(%esp), %eax
	incl	WORD(PUPPET_IRQS)(, %eax, 4)
	cmpl	$0, WORD(PUPPET_XAPIC)
	jne	1f
	SETMSR	0x80b, 0, 0
	jmp	2f
1:	movl	$0, 0xfee000b0
2:	popl	%edx
	popl	%ecx
	popl	%eax
	addl	$4, %esp
	iret
	GDT	puppet
	.balign	8
puppet_idt:
	.skip	16 * 8
puppet_idt_at:
	.word	(PUPPET_VECTOR + 16) * 8 - 1
	.long	PUPPET(puppet_idt) - PUPPET_VECTOR * 8
cell_puppet_end:

	.section .note.GNU-stack, "", @progbits
