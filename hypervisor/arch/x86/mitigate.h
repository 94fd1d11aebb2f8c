/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Speculation: what this CPU asks for so that one guest learns nothing from
 * what another, or Holm, left in its predictors and buffers. Chosen once at
 * start; see doc/design/arch.md.
 */
#ifndef ARCH_X86_MITIGATE_H
#define ARCH_X86_MITIGATE_H

#ifndef __ASSEMBLER__

#include "lib/types.h"

/* X(id, name in the log, what it does) */
#define MITIGATIONS(X)                                                         \
	X(IBPB, "IBPB", "forget predicted branches when a CPU changes hands")  \
	X(L1D, "L1D flush", "flush the L1 data cache then and at VMX entries") \
	X(BUFFERS, "VERW", "overwrite buffers then and at VMX entries")        \
	X(AUTO_IBRS, "automatic IBRS", "the CPU keeps Holm's branches apart")  \
	X(IBRS, "IBRS", "Holm sets it at VMX exits: no guest's branches")      \
	X(RSB, "RSB", "no return of Holm's is predicted by a guest")           \
	X(REGISTERS, "registers", "none of a guest's while Holm runs")

#define MITIGATION_BIT(id, name, text) MITIGATION_NR_##id,
enum mitigation_nr { MITIGATIONS(MITIGATION_BIT) MITIGATION_COUNT };

#define MITIGATE(id) BIT32(MITIGATION_NR_##id)

/** What the choice is made from. */
struct mitigate_facts {
	bool ibpb;      /* 7.0 EDX[26] on Intel, 8000_0008 EBX[12] on AMD */
	bool l1d_flush; /* 7.0 EDX[28] */
	bool md_clear;  /* 7.0 EDX[10]: VERW clears buffers */
	bool rtm;       /* 7.0 EBX[11]: transactions, that leak by aborts */
	bool ibrs;      /* 7.0 EDX[26] on Intel: there is IA32_SPEC_CTRL */
	bool auto_ibrs; /* 8000_0021 EAX[8] */
	u64 arch_caps;  /* IA32_ARCH_CAPABILITIES, 0 without it */
};

/* IA32_ARCH_CAPABILITIES, SDM vol 4, table 2-2 */
#define ARCH_CAP_RDCL_NO      BIT64(0)
#define ARCH_CAP_SKIP_L1DFL   BIT64(3)
#define ARCH_CAP_MDS_NO       BIT64(5)
#define ARCH_CAP_TAA_NO       BIT64(8)
#define ARCH_CAP_SBDR_SSDP_NO BIT64(13)
#define ARCH_CAP_FBSDP_NO     BIT64(14)
#define ARCH_CAP_PSDP_NO      BIT64(15)
#define ARCH_CAP_FB_CLEAR     BIT64(17)
#define ARCH_CAP_RFDS_NO      BIT64(27)
#define ARCH_CAP_RFDS_CLEAR   BIT64(28)

enum mitigate_how { MITIGATE_OFF, MITIGATE_AUTO, MITIGATE_ALL };

/** The option's value; what is neither off nor all means auto. */
enum mitigate_how mitigate_parse(const char *value);

/** MITIGATE() bits of what a CPU with these facts asks for. */
u32 mitigate_policy(const struct mitigate_facts *f, enum mitigate_how how);

/** Choose by what the boot CPU says, and log it. Once. */
void mitigate_choose(enum mitigate_how how);

/** Each CPU, once: what stays switched on. */
void mitigate_cpu(void);

/** The CPU changes hands: before its next guest is entered. */
void mitigate_hand_over(void);

/** MITIGATE() bits in effect; nobody but mitigate.c writes. */
extern u32 mitigate_chosen;

/* What the two functions below do; a backend may leave them out else. */
#define MITIGATE_AROUND_GUEST (MITIGATE(L1D) | MITIGATE(IBRS))

/** Last before the registers of a guest with this IA32_SPEC_CTRL go in. */
void mitigate_before_entry(u64 spec_ctrl);

/** First after an exit, without an indirect branch before; its SPEC_CTRL. */
u64 mitigate_after_exit(void);

#else

/*
 * Right after an exit, before the first return: what the guest left in
 * registers and in the return predictor goes, if mitigate_exit says so. The
 * guest's registers are stored, the stack is Holm's; changes the flags and
 * all registers but RSP, RAX and RDI. Returns made in here are never taken:
 * where one is predicted to, it is caught by a loop.
 */
/* clang-format off */
.macro MITIGATE_EXIT
	cmpb	$0, mitigate_exit(%rip)
	jne	91f
90:
	.pushsection .text.mitigate, "ax"
91:
	movl	$16, %ecx
92:
	call	94f
93:
	pause
	lfence
	jmp	93b
94:
	call	96f
95:
	pause
	lfence
	jmp	95b
96:
	subl	$1, %ecx
	jnz	92b
	addq	$32 * 8, %rsp
	xorl	%ebx, %ebx
	xorl	%edx, %edx
	xorl	%ebp, %ebp
	xorl	%esi, %esi
	xorl	%r8d, %r8d
	xorl	%r9d, %r9d
	xorl	%r10d, %r10d
	xorl	%r11d, %r11d
	xorl	%r12d, %r12d
	xorl	%r13d, %r13d
	xorl	%r14d, %r14d
	xorl	%r15d, %r15d
	jmp	90b
	.popsection
.endm
/* clang-format on */

#endif
#endif
