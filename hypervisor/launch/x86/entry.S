/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From the boot loader's 32-bit world into 64-bit code at the final virtual
 * address. Nothing here depends on anything but the load address.
 */
#include "mem/layout.h"

#define PA(sym)		((sym) - HOLM_BASE + HOLM_LOAD_PA)
#define COM1		0x3f8

	.section .header, "a"
/* Multiboot 1, section 3.1: aligned to 4, within the first 8 KiB. */
	.align	8
mb1_header:
	.long	0x1badb002
	.long	0x00010003		/* page-align modules, memory map, addresses */
	.long	-(0x1badb002 + 0x00010003)
	.long	PA(mb1_header)
	.long	PA(image_start)
	.long	PA(image_load_end)
	.long	PA(image_end)
	.long	PA(entry32)

/* Multiboot 2, section 3.1: aligned to 8, within the first 32 KiB. */
	.align	8
mb2_header:
	.long	0xe85250d6
	.long	0			/* i386, protected mode */
	.long	mb2_end - mb2_header
	.long	-(0xe85250d6 + (mb2_end - mb2_header))
	.word	6, 0			/* modules page aligned */
	.long	8
	.word	5, 1			/* a framebuffer if there is one */
	.long	20
	.long	0, 0, 0			/* of any size and depth */
	.balign	8
	.word	0, 0			/* end */
	.long	8
mb2_end:

	.section .text.entry, "ax"
	.code32
	.globl	entry32
entry32:
	cli
	cld
	movl	%eax, %ebp		/* magic */
	movl	%ebx, %edi		/* boot information */
	movl	$PA(early_stack_top), %esp

	movl	$0x80000000, %eax
	cpuid
	cmpl	$0x80000001, %eax
	jb	no_long_mode
	movl	$0x80000001, %eax
	cpuid
	testl	$(1 << 29), %edx	/* LM */
	jz	no_long_mode
	testl	$(1 << 20), %edx	/* NX */
	jz	no_nx

	/* Identity map of the first 4 GiB, 2 MiB pages. */
	xorl	%ecx, %ecx
1:	movl	%ecx, %eax
	shll	$21, %eax
	orl	$0x83, %eax
	movl	%eax, PA(early_pd)(, %ecx, 8)
	movl	$0, PA(early_pd) + 4(, %ecx, 8)
	incl	%ecx
	cmpl	$2048, %ecx
	jne	1b
	movl	$PA(early_pd) + 0x0003, PA(early_pdpt)
	movl	$PA(early_pd) + 0x1003, PA(early_pdpt) + 8
	movl	$PA(early_pd) + 0x2003, PA(early_pdpt) + 16
	movl	$PA(early_pd) + 0x3003, PA(early_pdpt) + 24
	movl	$PA(early_pdpt) + 3, PA(early_pml4)

	/* The image at HOLM_BASE; launch_main() adds the pool behind it. */
	movl	$(HOLM_LOAD_PA + 0x83), PA(early_pd_holm)
	movl	$PA(early_pd_holm) + 3, PA(early_pdpt_holm)
	movl	$PA(early_pdpt_holm) + 3, PA(early_pml4) + 509 * 8

	movl	%cr4, %eax
	orl	$(1 << 5), %eax		/* PAE */
	movl	%eax, %cr4
	movl	$PA(early_pml4), %eax
	movl	%eax, %cr3
	movl	$0xc0000080, %ecx	/* EFER: LME, NXE */
	rdmsr
	orl	$((1 << 8) | (1 << 11)), %eax
	wrmsr
	movl	%cr0, %eax
	andl	$~((1 << 29) | (1 << 30)), %eax	/* caches on */
	orl	$((1 << 31) | (1 << 16) | 1), %eax
	movl	%eax, %cr0
	lgdt	PA(early_gdtr)
	ljmp	$8, $PA(entry64_low)

no_long_mode:
	movl	$PA(text_no_lm), %esi
	jmp	die32
no_nx:
	movl	$PA(text_no_nx), %esi
die32:
	movw	$(COM1 + 5), %dx
2:	inb	%dx, %al
	testb	$0x20, %al
	jz	2b
	lodsb
	testb	%al, %al
	jz	3f
	movw	$COM1, %dx
	outb	%al, %dx
	jmp	die32
3:	hlt
	jmp	3b

	.code64
entry64_low:
	movabsq	$entry64_high, %rax
	jmp	*%rax
entry64_high:
	xorl	%eax, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	movl	%eax, %fs
	movl	%eax, %gs
	leaq	early_stack_top(%rip), %rsp
	movl	%edi, %esi
	movl	%ebp, %edi
	xorl	%ebp, %ebp
	call	launch_main
4:	hlt
	jmp	4b

/*
 * void launch_relocate(void *dst, const void *src, u64 len, u64 cr3)
 * Copies the running image to its final place and switches to the tables
 * that map it there at the same address. What is on the stack was copied
 * with the rest, so the return address is valid on the other side.
 */
	.globl	launch_relocate
launch_relocate:
	movq	%rcx, %rax
	movq	%rdx, %rcx
	rep movsb
	movq	%rax, %cr3
	ret

/*
 * void launch_switch_stack(u64 cr3, void *stack_top, void (*fn)(void))
 * Into the CPU's own root and onto its own stack; does not return.
 */
	.globl	launch_switch_stack
launch_switch_stack:
	movq	%rdi, %cr3
	movq	%rsi, %rsp
	xorl	%ebp, %ebp
	call	*%rdx
5:	hlt
	jmp	5b

	.section .rodata
text_no_lm:
	.asciz	"\r\nHolm: this CPU has no 64-bit mode; Holm needs one.\r\n"
text_no_nx:
	.asciz	"\r\nHolm: this CPU has no NX page protection; Holm needs it.\r\n"

	.section .data
	.align	8
early_gdt:
	.quad	0
	.quad	0x00af9a000000ffff
early_gdt_end:
early_gdtr:
	.word	early_gdt_end - early_gdt - 1
	.long	PA(early_gdt)

	.section .bss
	.align	4096
	.globl	early_pml4, early_pd_holm
early_pml4:
	.skip	4096
early_pdpt:
	.skip	4096
early_pd:
	.skip	4096 * 4
early_pdpt_holm:
	.skip	4096
early_pd_holm:
	.skip	4096
early_stack:
	.skip	16384
early_stack_top:
	.section .note.GNU-stack, "", @progbits
