/* SPDX-License-Identifier: BSD-2-Clause */
/* Programs of a few instructions for User VMs; position independent. */
	.macro	BLOB name
	.globl	blob_\name, blob_\name\()_end
	.balign	16
blob_\name:
	.endm
	.macro	END name
blob_\name\()_end:
	.endm

	.section .rodata
	.code64

	/* No exit will ever come by itself: interrupts off, no I/O. */
	BLOB	spin
	cli
1:	jmp	1b
	END	spin

	BLOB	halt
	cli
1:	hlt
	jmp	1b
	END	halt

	/* Asleep with interrupts on, and nobody sends one. */
	BLOB	sleep
	sti
1:	hlt
	jmp	1b
	END	sleep

	/* One request that the device model does not have to answer. */
	BLOB	request
	movw	$0x9100, %dx
	movl	$0x12345678, %eax
	outl	%eax, %dx
	inl	%dx, %eax
	movl	%eax, %ebx
	movb	$0xf4, %dl
	movb	$0, %dh
	movl	%ebx, %eax
	outl	%eax, %dx
1:	hlt
	jmp	1b
	END	request

	/* One port read, whose answer is what it ends with. */
	BLOB	ask
	movl	$0x9200, %edx
	inl	%dx, %eax
	movl	$0xf4, %edx
	outl	%eax, %dx
1:	hlt
	jmp	1b
	END	ask

	/* An exception without an IDT worth the name. */
	BLOB	triple
	xorl	%eax, %eax
	pushq	%rax
	pushq	%rax
	lidt	(%rsp)
	ud2
	END	triple

	/* Counts in memory at 0x3000, for ever. */
	BLOB	count
	cli
	movl	$0x3000, %ebx
1:	incl	(%rbx)
	jmp	1b
	END	count

	/* The same, answers "I am here" by an exit each round. */
	BLOB	count_io
	movl	$0x3000, %ebx
	movw	$0x9100, %dx
1:	incl	(%rbx)
	movl	(%rbx), %eax
	outl	%eax, %dx
	jmp	1b
	END	count_io

	/*
	 * Ends with the state that it found OR-ed together, 0 if all was new:
	 * the clock's address, LSTAR, a timer vector. Leaves all of it set.
	 */
	BLOB	state
	movl	$0x4b564d01, %ecx
	rdmsr
	movl	%eax, %ebx
	movl	$0xc0000082, %ecx
	rdmsr
	orl	%eax, %ebx
	movl	$0xfee00320, %esi
	movl	(%rsi), %eax
	xorl	$0x10000, %eax
	orl	%eax, %ebx
	xorl	%edx, %edx
	movl	$0x4b564d01, %ecx
	movl	$0x3801, %eax
	wrmsr
	movl	$0xc0000082, %ecx
	movl	$0x123400, %eax
	wrmsr
	movl	$0x41, (%rsi)
	movl	$0x1000000, 0x60(%rsi)
	movl	%ebx, %eax
	movw	$0xf4, %dx
	outl	%eax, %dx
1:	hlt
	jmp	1b
	END	state

	/*
	 * Looks at what a CPU's last user may have left, a bit for each kind;
	 * ends with the sum; leaves something in all of it.
	 */
	BLOB	leak
	call	leak_look
	movl	%eax, %edi
	call	leak_taint
	movl	%edi, %eax
	movl	$0xf4, %edx
	outl	%eax, %dx
1:	hlt
	jmp	1b

	/* As a function: void leak_taint(void), u32 leak_look(void). */
	.globl	leak_look, leak_taint
leak_look:
	pushq	%rbx
	movq	%cr4, %rax
	orq	$0x40600, %rax
	movq	%rax, %cr4
	xorl	%ecx, %ecx
	movl	$7, %eax
	xorl	%edx, %edx
	xsetbv
	xorl	%ebx, %ebx
	vextractf128 $1, %ymm0, %xmm1
	vextractf128 $1, %ymm15, %xmm2
	vpor	%xmm1, %xmm2, %xmm1
	vptest	%xmm1, %xmm1
	jz	1f
	orl	$1, %ebx
1:	vpor	%xmm3, %xmm4, %xmm1
	vpor	%xmm14, %xmm1, %xmm1
	vptest	%xmm1, %xmm1
	jz	1f
	orl	$2, %ebx
1:	movq	%dr0, %rax
	movq	%dr1, %rcx
	orq	%rcx, %rax
	movq	%dr2, %rcx
	orq	%rcx, %rax
	movq	%dr3, %rcx
	orq	%rcx, %rax
	jz	1f
	orl	$4, %ebx
1:	movl	$0xc0000103, %ecx
	rdmsr
	testl	%eax, %eax
	jz	1f
	orl	$8, %ebx
1:	movl	$0xc0000102, %ecx
	rdmsr
	orl	%edx, %eax
	jz	1f
	orl	$16, %ebx
1:	pushq	$0
	stmxcsr	(%rsp)
	popq	%rax
	cmpl	$0x1f80, %eax
	je	1f
	orl	$32, %ebx
1:	movl	$0xc0000082, %ecx
	rdmsr
	orl	%edx, %eax
	jz	1f
	orl	$64, %ebx
1:	movl	%ebx, %eax
	popq	%rbx
	ret

leak_taint:
	vpcmpeqd %xmm3, %xmm3, %xmm3
	vinsertf128 $1, %xmm3, %ymm3, %ymm0
	vmovaps	%ymm0, %ymm15
	vmovaps	%ymm0, %ymm14
	vmovaps	%ymm0, %ymm4
	pushq	$0x7f80
	ldmxcsr	(%rsp)
	popq	%rax
	movl	$0x5ec4e7, %eax
	movq	%rax, %dr0
	movq	%rax, %dr1
	movq	%rax, %dr2
	movq	%rax, %dr3
	xorl	%edx, %edx
	movl	$0xc0000103, %ecx
	wrmsr
	movl	$0xc0000102, %ecx
	wrmsr
	movl	$0xc0000082, %ecx
	wrmsr
	ret
	END	leak

	/* String output that would take years: to a PIC inside Holm. */
	BLOB	long_out
	cld
	movabsq	$0x1000000000000, %rcx
	movl	$0x3000, %esi
	movl	$0x21, %edx
	rep outsb
	END	long_out

	/* The same from a port of the device model, onto one address. */
	BLOB	long_in
	movl	$0x9100, %edx
	movl	$0x3000, %edi
1:	movl	$0x7fffffff, %ecx
	rep insb
	jmp	1b
	END	long_in

	/* And a device's memory, over pages where nothing is. */
	BLOB	long_move
	cld
	movabsq	$0x1000000000000, %rcx
	movl	$0xd0000000, %edi
	movl	$0xc8000000, %esi
	rep movsb
	END	long_move

	/* Starts all other vCPUs at 0x9000, over and over. */
	BLOB	restarter
	movl	$0xfee00000, %ebx
1:	movl	$0x000cc500, 0x300(%rbx)
	movl	$0x000c4609, 0x300(%rbx)
	incl	0x3000
	movl	0x3000, %ecx
	andl	$15, %ecx
	incl	%ecx
	shll	$11, %ecx
2:	loop	2b
	jmp	1b
	END	restarter

	/* Starts all other vCPUs at 0x9000 and falls into what follows. */
	BLOB	scatter
	movl	$0xfee00000, %ebx
	movl	$0x000cc500, 0x300(%rbx)
	movl	$0x000c4609, 0x300(%rbx)
	END	scatter

	.code16
	/* Real mode: string and port I/O, a far call, then protected mode. */
	BLOB	real
	movw	%cs, %ax
	movw	%ax, %ds
	movw	$0x8000, %sp
	movw	$0x3f8, %dx
	movb	$'r', %al
	outb	%al, %dx
	movw	$(real_text - blob_real), %si
	movw	$4, %cx
	cld
	rep outsb
	/* An interrupt through the real-mode table: vector 0x21 at 0x84. */
	xorw	%bx, %bx
	movw	%bx, %es
	movw	$(real_isr - blob_real), %es:0x84
	movw	%cs, %es:0x86
	int	$0x21
	movb	$'\n', %al
	outb	%al, %dx
	/* CPUID and an MSR from 16-bit code. */
	xorl	%eax, %eax
	cpuid
	cmpl	$1, %eax
	jb	real_bad
	movl	$0x1b, %ecx
	rdmsr
	andl	$0xfffff000, %eax
	cmpl	$0xfee00000, %eax
	jne	real_bad
	movl	$0x52, %eax
	jmp	real_out
real_bad:
	movl	$0xbad, %eax
real_out:
	movw	$0xf4, %dx
	outl	%eax, %dx
1:	hlt
	jmp	1b
real_isr:
	movb	$'!', %al
	outb	%al, %dx
	iretw
real_text:
	.ascii	"eal:"
	END	real

	.code32
	/* Protected mode without paging; a device, an unknown MSR's fault. */
	BLOB	flat
	movl	$0x8000, %esp
	movl	$0xd0000000, %ebx
	movl	$0x11, (%ebx)
	movl	(%ebx), %ecx
	addl	$0x22, %ecx
	movw	$0xf4, %dx
	movl	%ecx, %eax
	outl	%eax, %dx
1:	hlt
	jmp	1b
	END	flat

	.code64
	/* Long mode: RDX:RAX arithmetic and a 64-bit device access. */
	BLOB	long
	movl	$0xd0000000, %ebx
	movabsq	$0x1122334455667788, %rax
	movq	%rax, (%rbx)
	movq	(%rbx), %rcx
	shrq	$32, %rcx
	movl	%ecx, %eax
	movw	$0xf4, %dx
	outl	%eax, %dx
1:	hlt
	jmp	1b
	END	long

	.section .note.GNU-stack, "", @progbits
