/* SPDX-License-Identifier: BSD-2-Clause */
/* Exceptions, NMIs and the few interrupts that Holm itself takes. */
#ifndef ARCH_X86_TRAP_H
#define ARCH_X86_TRAP_H

#include "lib/types.h"

#define VECTOR_NMI 2
#define VECTOR_DF  8
#define VECTOR_MC  18
/* From here on an interrupt may be sent: SDM vol 3, 11.5.2. */
#define VECTOR_FIRST_LEGAL 16
#define VECTOR_FIRST_IRQ   32
#define VECTOR_TIMER       0xe0
#define VECTOR_POSTED      0xe1 /* look for what was posted to the guest */
#define VECTOR_SPURIOUS    0xff

/** What exception.S leaves on the stack. */
struct trap_frame {
	u64 r15, r14, r13, r12, r11, r10, r9, r8;
	u64 rdi, rsi, rbp, rbx, rdx, rcx, rax;
	u64 vector, error_code;
	u64 rip, cs, rflags, rsp, ss;
};

/** Hooks of the floors above: called with interrupts off, must not block. */
struct trap_hooks {
	void (*nmi)(void);
	void (*interrupt)(u8 vector);
};

/** Build the IDT once, before any CPU loads it. */
void trap_init(const struct trap_hooks *hooks);

/** Where the IDT is: a guest's exit finds it there. */
u64 trap_idt_base(void);

/** Load the IDT on the calling CPU. */
void trap_load(void);

/** An interrupt that came by another way than the IDT. */
void trap_interrupt(u8 vector);

/** The C side of every entry. */
void trap_handle(struct trap_frame *f);

#endif
