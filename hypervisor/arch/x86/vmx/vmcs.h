/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The virtual-machine control structure: what its fields are called (SDM
 * vol 3, appendix B) and what their bits mean (chapter 25).
 */
#ifndef ARCH_X86_VMX_VMCS_H
#define ARCH_X86_VMX_VMCS_H

#include "lib/types.h"

/** The memory a VMCS or a VMXON region lives in; SDM vol 3, 25.2. */
struct vmcs {
	u32 revision;
	u32 abort;
	u8 data[PAGE_SIZE - 8];
};

_Static_assert(sizeof(struct vmcs) == 4096, "SDM vol 3, 25.2");

/*
 * X(name, encoding). The width is in bits 14:13: 16, 64, 32 bits, natural;
 * the kind in bits 11:10: control, read-only, guest, host.
 */
/* clang-format off */
#define VMCS_FIELDS(X)					\
	X(VPID,			0x0000)			\
	X(POSTED_VECTOR,	0x0002)			\
	X(GUEST_SEL,		0x0800)	/* of ES, then CS ... TR */ \
	X(GUEST_INTR_STATUS,	0x0810)			\
	X(HOST_ES_SEL,		0x0c00)			\
	X(HOST_CS_SEL,		0x0c02)			\
	X(HOST_SS_SEL,		0x0c04)			\
	X(HOST_DS_SEL,		0x0c06)			\
	X(HOST_FS_SEL,		0x0c08)			\
	X(HOST_GS_SEL,		0x0c0a)			\
	X(HOST_TR_SEL,		0x0c0c)			\
	X(IO_BITMAP_A,		0x2000)			\
	X(IO_BITMAP_B,		0x2002)			\
	X(MSR_BITMAP,		0x2004)			\
	X(EXIT_MSR_STORE,	0x2006)			\
	X(EXIT_MSR_LOAD,	0x2008)			\
	X(ENTRY_MSR_LOAD,	0x200a)			\
	X(TSC_OFFSET,		0x2010)			\
	X(VAPIC_PAGE,		0x2012)			\
	X(APIC_ACCESS_PAGE,	0x2014)			\
	X(POSTED_DESC,		0x2016)			\
	X(EPT_POINTER,		0x201a)			\
	X(EOI_EXIT_BITMAP,	0x201c)	/* 4 of them */	\
	X(XSS_EXIT_BITMAP,	0x202c)			\
	X(GUEST_PHYSICAL,	0x2400)			\
	X(LINK_POINTER,		0x2800)			\
	X(GUEST_DEBUGCTL,	0x2802)			\
	X(GUEST_PAT,		0x2804)			\
	X(GUEST_EFER,		0x2806)			\
	X(GUEST_PDPTE,		0x280a)	/* 4 of them */	\
	X(HOST_PAT,		0x2c00)			\
	X(HOST_EFER,		0x2c02)			\
	X(PIN_CONTROLS,		0x4000)			\
	X(PRIMARY_CONTROLS,	0x4002)			\
	X(EXCEPTION_BITMAP,	0x4004)			\
	X(PF_MASK,		0x4006)			\
	X(PF_MATCH,		0x4008)			\
	X(CR3_TARGETS,		0x400a)			\
	X(EXIT_CONTROLS,	0x400c)			\
	X(EXIT_STORE_COUNT,	0x400e)			\
	X(EXIT_LOAD_COUNT,	0x4010)			\
	X(ENTRY_CONTROLS,	0x4012)			\
	X(ENTRY_LOAD_COUNT,	0x4014)			\
	X(ENTRY_EVENT,		0x4016)			\
	X(ENTRY_ERROR_CODE,	0x4018)			\
	X(ENTRY_INSN_LEN,	0x401a)			\
	X(TPR_THRESHOLD,	0x401c)			\
	X(SECONDARY_CONTROLS,	0x401e)			\
	X(INSN_ERROR,		0x4400)			\
	X(EXIT_REASON,		0x4402)			\
	X(EXIT_EVENT,		0x4404)			\
	X(EXIT_ERROR_CODE,	0x4406)			\
	X(VECTORING_EVENT,	0x4408)			\
	X(VECTORING_ERROR_CODE,	0x440a)			\
	X(EXIT_INSN_LEN,	0x440c)			\
	X(GUEST_LIMIT,		0x4800)	/* of ES, then CS ... IDTR */ \
	X(GUEST_RIGHTS,		0x4814)	/* of ES, then CS ... TR */ \
	X(INTERRUPTIBILITY,	0x4824)			\
	X(ACTIVITY,		0x4826)			\
	X(GUEST_SMBASE,		0x4828)			\
	X(GUEST_SYSENTER_CS,	0x482a)			\
	X(PREEMPTION_TIMER,	0x482e)			\
	X(HOST_SYSENTER_CS,	0x4c00)			\
	X(CR0_MASK,		0x6000)			\
	X(CR4_MASK,		0x6002)			\
	X(CR0_SHADOW,		0x6004)			\
	X(CR4_SHADOW,		0x6006)			\
	X(QUALIFICATION,	0x6400)			\
	X(GUEST_CR0,		0x6800)			\
	X(GUEST_CR3,		0x6802)			\
	X(GUEST_CR4,		0x6804)			\
	X(GUEST_BASE,		0x6806)	/* of ES, then CS ... IDTR */ \
	X(GUEST_DR7,		0x681a)			\
	X(GUEST_RSP,		0x681c)			\
	X(GUEST_RIP,		0x681e)			\
	X(GUEST_RFLAGS,		0x6820)			\
	X(PENDING_DEBUG,	0x6822)			\
	X(GUEST_SYSENTER_ESP,	0x6824)			\
	X(GUEST_SYSENTER_EIP,	0x6826)			\
	X(HOST_CR0,		0x6c00)			\
	X(HOST_CR3,		0x6c02)			\
	X(HOST_CR4,		0x6c04)			\
	X(HOST_FS_BASE,		0x6c06)			\
	X(HOST_GS_BASE,		0x6c08)			\
	X(HOST_TR_BASE,		0x6c0a)			\
	X(HOST_GDTR_BASE,	0x6c0c)			\
	X(HOST_IDTR_BASE,	0x6c0e)			\
	X(HOST_SYSENTER_ESP,	0x6c10)			\
	X(HOST_SYSENTER_EIP,	0x6c12)			\
	X(HOST_RSP,		0x6c14)			\
	X(HOST_RIP,		0x6c16)
/* clang-format on */

#define VMCS_FIELD_ENUM(name, code) VMCS_##name = (code),
enum vmcs_field { VMCS_FIELDS(VMCS_FIELD_ENUM) };

/** Element @i of one of the fields that come in rows. */
static inline enum vmcs_field vmcs_nth(enum vmcs_field first, u32 i)
{
	return (enum vmcs_field)((u32)first + 2 * i);
}

/* EPT pointer, table 25-9: tables write-back, four levels. */
#define EPTP_WB     6U
#define EPTP_LEVELS (3U << 3)
#define EPTP_AD     BIT64(6) /* the CPU sets accessed and dirty flags */

/* Pin-based controls, table 25-5. */
#define PIN_EXTERNAL_INTERRUPT BIT32(0)
#define PIN_NMI                BIT32(3)
#define PIN_VIRTUAL_NMI        BIT32(5)
#define PIN_PREEMPTION_TIMER   BIT32(6)
#define PIN_POSTED_INTERRUPTS  BIT32(7)

/* Primary processor-based controls, table 25-6. */
#define PRIMARY_INTR_WINDOW BIT32(2)
#define PRIMARY_TSC_OFFSET  BIT32(3)
#define PRIMARY_HLT         BIT32(7)
#define PRIMARY_MWAIT       BIT32(10)
#define PRIMARY_RDPMC       BIT32(11)
#define PRIMARY_CR3_LOAD    BIT32(15)
#define PRIMARY_CR3_STORE   BIT32(16)
#define PRIMARY_CR8_LOAD    BIT32(19)
#define PRIMARY_CR8_STORE   BIT32(20)
#define PRIMARY_TPR_SHADOW  BIT32(21)
#define PRIMARY_NMI_WINDOW  BIT32(22)
#define PRIMARY_IO_BITMAPS  BIT32(25)
#define PRIMARY_MSR_BITMAPS BIT32(28)
#define PRIMARY_MONITOR     BIT32(29)
#define PRIMARY_SECONDARY   BIT32(31)

/* Secondary processor-based controls, table 25-7. */
#define SECONDARY_APIC_ACCESS   BIT32(0)
#define SECONDARY_EPT           BIT32(1)
#define SECONDARY_RDTSCP        BIT32(3)
#define SECONDARY_X2APIC        BIT32(4)
#define SECONDARY_VPID          BIT32(5)
#define SECONDARY_WBINVD        BIT32(6)
#define SECONDARY_UNRESTRICTED  BIT32(7)
#define SECONDARY_APIC_REGISTER BIT32(8)
#define SECONDARY_VIRTUAL_INTR  BIT32(9)
#define SECONDARY_INVPCID       BIT32(12)
#define SECONDARY_XSAVES        BIT32(20)

/* VM-exit controls, table 25-13. */
#define EXIT_SAVE_DEBUG BIT32(2)
#define EXIT_HOST_64    BIT32(9)
#define EXIT_ACK_INTR   BIT32(15)
#define EXIT_SAVE_PAT   BIT32(18)
#define EXIT_LOAD_PAT   BIT32(19)
#define EXIT_SAVE_EFER  BIT32(20)
#define EXIT_LOAD_EFER  BIT32(21)
#define EXIT_SAVE_TIMER BIT32(22)

/* VM-entry controls, table 25-15. */
#define ENTRY_LOAD_DEBUG BIT32(2)
#define ENTRY_GUEST_64   BIT32(9)
#define ENTRY_SMM        BIT32(10)
#define ENTRY_DUAL_SMM   BIT32(11)
#define ENTRY_LOAD_PAT   BIT32(14)
#define ENTRY_LOAD_EFER  BIT32(15)

/* An event to inject, that exited or was being delivered; 25.8.3, 25.9. */
#define EVENT_TYPE_SHIFT      8
#define EVENT_TYPE_MASK       (7U << EVENT_TYPE_SHIFT)
#define EVENT_TYPE_INTR       (0U << EVENT_TYPE_SHIFT)
#define EVENT_TYPE_NMI        (2U << EVENT_TYPE_SHIFT)
#define EVENT_TYPE_EXCEPTION  (3U << EVENT_TYPE_SHIFT)
#define EVENT_TYPE_SOFT_INTR  (4U << EVENT_TYPE_SHIFT)
#define EVENT_TYPE_PRIVILEGED (5U << EVENT_TYPE_SHIFT)
#define EVENT_TYPE_SOFT_TRAP  (6U << EVENT_TYPE_SHIFT)
#define EVENT_ERROR_VALID     BIT32(11)
#define EVENT_NMI_UNBLOCKED   BIT32(12)
#define EVENT_VALID           BIT32(31)

/* Interruptibility, table 25-3. */
#define BLOCKED_BY_STI    BIT32(0)
#define BLOCKED_BY_MOV_SS BIT32(1)
#define BLOCKED_BY_SMI    BIT32(2)
#define BLOCKED_BY_NMI    BIT32(3)

#define ACTIVITY_ACTIVE    0U
#define ACTIVITY_HLT       1U
#define ACTIVITY_SHUTDOWN  2U
#define ACTIVITY_WAIT_SIPI 3U

/* Segment rights, table 25-2; bits 7:0 are a descriptor's. */
#define RIGHTS_TYPE      0xfU
#define RIGHTS_S         BIT32(4)
#define RIGHTS_DPL_SHIFT 5
#define RIGHTS_P         BIT32(7)
#define RIGHTS_L         BIT32(13)
#define RIGHTS_DB        BIT32(14)
#define RIGHTS_G         BIT32(15)
#define RIGHTS_UNUSABLE  BIT32(16)

/* Exit reasons, appendix C. */
enum vmx_reason {
	VMX_EXIT_EXCEPTION_NMI = 0,
	VMX_EXIT_INTERRUPT = 1,
	VMX_EXIT_TRIPLE_FAULT = 2,
	VMX_EXIT_INIT = 3,
	VMX_EXIT_SIPI = 4,
	VMX_EXIT_INTR_WINDOW = 7,
	VMX_EXIT_NMI_WINDOW = 8,
	VMX_EXIT_TASK_SWITCH = 9,
	VMX_EXIT_CPUID = 10,
	VMX_EXIT_GETSEC = 11,
	VMX_EXIT_HLT = 12,
	VMX_EXIT_INVD = 13,
	VMX_EXIT_RDPMC = 15,
	VMX_EXIT_VMCALL = 18,
	VMX_EXIT_VMCLEAR = 19,
	VMX_EXIT_VMXON = 27,
	VMX_EXIT_CR = 28,
	VMX_EXIT_IO = 30,
	VMX_EXIT_RDMSR = 31,
	VMX_EXIT_WRMSR = 32,
	VMX_EXIT_BAD_GUEST = 33,
	VMX_EXIT_BAD_MSR_LOAD = 34,
	VMX_EXIT_MWAIT = 36,
	VMX_EXIT_MONITOR = 39,
	VMX_EXIT_ENTRY_MACHINE_CHECK = 41,
	VMX_EXIT_TPR_BELOW = 43,
	VMX_EXIT_APIC_ACCESS = 44,
	VMX_EXIT_VIRTUAL_EOI = 45,
	VMX_EXIT_EPT_VIOLATION = 48,
	VMX_EXIT_EPT_MISCONFIG = 49,
	VMX_EXIT_INVEPT = 50,
	VMX_EXIT_TIMER = 52,
	VMX_EXIT_INVVPID = 53,
	VMX_EXIT_WBINVD = 54,
	VMX_EXIT_XSETBV = 55,
	VMX_EXIT_APIC_WRITE = 56,
};

#define REASON_MASK         0xffffU
#define REASON_ENTRY_FAILED BIT32(31)

#endif
