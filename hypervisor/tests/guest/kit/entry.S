/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The way in: the Linux boot protocol's header, its 32-bit entry, and the
 * start of further CPUs; all end in 64-bit code on an identity map.
 */
#define LOAD_AT		0x1000000
#define INIT_SIZE	0x400000
#define TRAMPOLINE	0x8000
#define SEL_CODE	0x08
#define SEL_DATA	0x10
#define MSR_EFER	0xc0000080
#define EFER_LME	0x100
#define EFER_NXE	0x800
#define CR4_PAE		0x20
#define CR0_PG_PE	0x80000011
#define CPUID_EXT1	0x80000001
#define EDX_PAGES_1G	(1 << 26)
#define LEAF		0x87	/* present, write, user, large */
#define TABLE		0x07

	/* boot.rst, "The real-mode kernel header". */
	.section .setup, "a"
setup:
	.org	setup + 0x1f1
	.byte	1			/* setup_sects */
	.org	setup + 0x1f4
	.long	image_paras		/* syssize, in units of 16 bytes */
	.org	setup + 0x1fe
	.word	0xaa55			/* boot_flag */
	.byte	0xeb, 0x66		/* jump, never taken */
	.ascii	"HdrS"
	.word	0x020c			/* version */
	.org	setup + 0x211
	.byte	1			/* loadflags: loaded high */
	.org	setup + 0x214
	.long	LOAD_AT			/* code32_start */
	.org	setup + 0x22c
	.long	0x7fffffff		/* initrd_addr_max */
	.long	0x1000			/* kernel_alignment */
	.byte	0			/* relocatable_kernel */
	.org	setup + 0x238
	.long	2047			/* cmdline_size */
	.org	setup + 0x258
	.quad	LOAD_AT			/* pref_address */
	.long	INIT_SIZE		/* init_size */
	.org	setup + 0x400

	.section .text.entry, "ax"
	.code32
	.globl	entry32
entry32:
	cli
	cld
	movl	$bss_start, %edi
	movl	$bss_end, %ecx
	subl	%edi, %ecx
	shrl	$2, %ecx
	xorl	%eax, %eax
	rep stosl
	/* One level-3 table of 1 GiB pages: 512 GiB at their own address. */
	movl	$pml4, %edi
	movl	$pdpt + TABLE, (%edi)
	movl	$pdpt, %edi
	xorl	%ecx, %ecx
1:	movl	%ecx, %eax
	shll	$30, %eax
	orl	$LEAF, %eax
	movl	%eax, (%edi, %ecx, 8)
	movl	%ecx, %eax
	shrl	$2, %eax
	movl	%eax, 4(%edi, %ecx, 8)
	incl	%ecx
	cmpl	$512, %ecx
	jne	1b
	movl	$CPUID_EXT1, %eax
	cpuid
	testl	$EDX_PAGES_1G, %edx
	jnz	4f
	/* An old CPU: 4 GiB by pages of 2 MiB, no more. */
	movl	$1024, %ecx
	xorl	%eax, %eax
	rep stosl
2:	movl	%ecx, %eax
	shll	$21, %eax
	orl	$LEAF, %eax
	movl	%eax, pd(, %ecx, 8)
	incl	%ecx
	cmpl	$2048, %ecx
	jne	2b
	xorl	%ecx, %ecx
3:	movl	%ecx, %eax
	shll	$12, %eax
	addl	$pd + TABLE, %eax
	movl	%eax, pdpt(, %ecx, 8)
	incl	%ecx
	cmpl	$4, %ecx
	jne	3b
4:	movl	%esi, %ebx
	lgdt	boot_gdtr
	movl	$to_64, %ebp
	jmp	to_long_mode

/* EBP: where to go on, in 64-bit code. Keeps EBX. */
to_long_mode:
	movl	$CR4_PAE, %eax
	movl	%eax, %cr4
	movl	$pml4, %eax
	movl	%eax, %cr3
	movl	$MSR_EFER, %ecx
	rdmsr
	orl	$EFER_LME | EFER_NXE, %eax
	wrmsr
	movl	$CR0_PG_PE, %eax
	movl	%eax, %cr0
	ljmp	$SEL_CODE, $1f
	.code64
1:	movl	$SEL_DATA, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	xorl	%eax, %eax
	movl	%eax, %fs
	movl	%eax, %gs
	jmp	*%rbp

to_64:
	movl	$boot_stack_top, %esp
	movl	%ebx, %edi
	call	kit_main
1:	hlt
	jmp	1b

ap_to_64:
	movq	ap_stack, %rsp
	movl	$1, ap_taken
	call	smp_ap_main
1:	hlt
	jmp	1b

	/* Copied to TRAMPOLINE; runs there in real mode. */
	.code16
	.globl	trampoline, trampoline_end
trampoline:
	cli
	xorw	%ax, %ax
	movw	%ax, %ds
	incl	TRAMPOLINE + (ap_seen - trampoline)
	lgdtl	TRAMPOLINE + (tramp_gdtr - trampoline)
	movl	$0x11, %eax
	movl	%eax, %cr0
	ljmpl	$0x18, $ap_32
	.balign	8
tramp_gdtr:
	.word	boot_gdt_end - boot_gdt - 1
	.long	boot_gdt
ap_seen:
	.long	0
trampoline_end:

	.globl	trampoline_seen
	.set	trampoline_seen, TRAMPOLINE + (ap_seen - trampoline)

	.code32
ap_32:
	movl	$SEL_DATA, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %ss
	movl	$ap_to_64, %ebp
	jmp	to_long_mode

	.section .rodata
	.balign	8
	.globl	boot_gdt
boot_gdt:
	.quad	0
	.quad	0x00af9b000000ffff	/* 08 64-bit code */
	.quad	0x00cf93000000ffff	/* 10 data */
	.quad	0x00cf9b000000ffff	/* 18 32-bit code */
	.quad	0x00affb000000ffff	/* 20 64-bit code, ring 3 */
	.quad	0x00cff3000000ffff	/* 28 data, ring 3 */
boot_gdt_end:
boot_gdtr:
	.word	boot_gdt_end - boot_gdt - 1
	.long	boot_gdt

	.bss
	.balign	4096
	.globl	pml4, pdpt
pml4:	.skip	4096
pdpt:	.skip	4096
pd:	.skip	4 * 4096
	.skip	16384
boot_stack_top:
