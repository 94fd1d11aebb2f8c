/* SPDX-License-Identifier: BSD-2-Clause */
/* The virtual machine control block, APM vol 2, appendix B. */
#ifndef ARCH_X86_SVM_VMCB_H
#define ARCH_X86_SVM_VMCB_H

#include "lib/types.h"

struct vmcb_seg {
	u16 sel;
	u16 attr;
	u32 limit;
	u64 base;
};

struct vmcb {
	/* control area, table B-1 */
	u16 cr_read, cr_write;
	u16 dr_read, dr_write;
	u32 exceptions;
	u32 misc1;
	u32 misc2;
	u32 misc3;
	u8 reserved0[0x3c - 0x18];
	u16 pause_threshold, pause_count;
	u64 iopm;
	u64 msrpm;
	u64 tsc_offset;
	u32 asid;
	u32 tlb_control;
	u64 v_intr;
	u64 shadow;
	u64 exit_code;
	u64 exit_info1;
	u64 exit_info2;
	u64 exit_int_info;
	u64 np_enable;
	u64 avic_bar;
	u64 ghcb;
	u64 event_inj;
	u64 n_cr3;
	u64 lbr_enable;
	u64 clean;
	u64 next_rip;
	u8 fetched;
	u8 insn_bytes[15];
	u8 reserved1[0x400 - 0xe0];
	/* state save area, table B-2 */
	struct vmcb_seg es, cs, ss, ds, fs, gs, gdtr, ldtr, idtr, tr;
	u8 reserved2[0x4cb - 0x4a0];
	u8 cpl;
	u32 reserved3;
	u64 efer;
	u8 reserved4[0x548 - 0x4d8];
	u64 cr4, cr3, cr0, dr7, dr6, rflags, rip;
	u8 reserved5[0x5d8 - 0x580];
	u64 rsp;
	u8 reserved6[0x5f8 - 0x5e0];
	u64 rax;
	u64 star, lstar, cstar, sfmask, kernel_gs_base;
	u64 sysenter_cs, sysenter_esp, sysenter_eip;
	u64 cr2;
	u8 reserved7[0x668 - 0x648];
	u64 g_pat;
	u64 debugctl;
	u8 reserved8[0x1000 - 0x678];
};

_Static_assert(sizeof(struct vmcb) == 4096, "APM vol 2, 15.5.1");
_Static_assert(offsetof(struct vmcb, iopm) == 0x40, "table B-1");
_Static_assert(offsetof(struct vmcb, v_intr) == 0x60, "table B-1");
_Static_assert(offsetof(struct vmcb, exit_code) == 0x70, "table B-1");
_Static_assert(offsetof(struct vmcb, event_inj) == 0xa8, "table B-1");
_Static_assert(offsetof(struct vmcb, n_cr3) == 0xb0, "table B-1");
_Static_assert(offsetof(struct vmcb, next_rip) == 0xc8, "table B-1");
_Static_assert(offsetof(struct vmcb, cpl) == 0x4cb, "table B-2");
_Static_assert(offsetof(struct vmcb, efer) == 0x4d0, "table B-2");
_Static_assert(offsetof(struct vmcb, cr4) == 0x548, "table B-2");
_Static_assert(offsetof(struct vmcb, rip) == 0x578, "table B-2");
_Static_assert(offsetof(struct vmcb, rsp) == 0x5d8, "table B-2");
_Static_assert(offsetof(struct vmcb, rax) == 0x5f8, "table B-2");
_Static_assert(offsetof(struct vmcb, cr2) == 0x640, "table B-2");
_Static_assert(offsetof(struct vmcb, g_pat) == 0x668, "table B-2");

/* misc1 */
#define SVM_INTR     BIT32(0)
#define SVM_NMI      BIT32(1)
#define SVM_VINTR    BIT32(4)
#define SVM_RDPMC    BIT32(15)
#define SVM_CPUID    BIT32(18)
#define SVM_IRET     BIT32(20)
#define SVM_INVD     BIT32(22)
#define SVM_HLT      BIT32(24)
#define SVM_INVLPGA  BIT32(26)
#define SVM_IOIO     BIT32(27)
#define SVM_MSR      BIT32(28)
#define SVM_SHUTDOWN BIT32(31)
/* misc2 */
#define SVM_VMRUN       BIT32(0)
#define SVM_VMMCALL     BIT32(1)
#define SVM_VMLOAD      BIT32(2)
#define SVM_VMSAVE      BIT32(3)
#define SVM_STGI        BIT32(4)
#define SVM_CLGI        BIT32(5)
#define SVM_SKINIT      BIT32(6)
#define SVM_WBINVD      BIT32(9)
#define SVM_MONITOR     BIT32(10)
#define SVM_MWAIT       BIT32(11)
#define SVM_MWAIT_ARMED BIT32(12)

#define SVM_CR8 BIT32(8)

/* v_intr */
#define V_TPR_MASK      0xffULL
#define V_IRQ           BIT64(8)
#define V_INTR_PRIO_MAX ((u64)0xf << 16)
#define V_IGN_TPR       BIT64(20)
#define V_INTR_MASKING  BIT64(24)

#define SHADOW_INTERRUPT BIT64(0)

/* event_inj and exit_int_info, 15.20 and 15.7.2 */
#define EVENT_TYPE_SHIFT     8
#define EVENT_TYPE_MASK      ((u64)7 << EVENT_TYPE_SHIFT)
#define EVENT_TYPE_INTR      ((u64)0 << EVENT_TYPE_SHIFT)
#define EVENT_TYPE_NMI       ((u64)2 << EVENT_TYPE_SHIFT)
#define EVENT_TYPE_EXCEPTION ((u64)3 << EVENT_TYPE_SHIFT)
#define EVENT_TYPE_SOFT      ((u64)4 << EVENT_TYPE_SHIFT)
#define EVENT_ERROR_VALID    BIT64(11)
#define EVENT_VALID_SHIFT    31
#define EVENT_VALID          BIT64(EVENT_VALID_SHIFT)

#define TLB_FLUSH_ALL 1

/* Exit codes, appendix C */
#define EXIT_CR_READ        0x000
#define EXIT_CR_LAST        0x01f
#define EXIT_EXCEPTION      0x040
#define EXIT_EXCEPTION_LAST 0x05f
#define EXIT_INTR           0x060
#define EXIT_NMI            0x061
#define EXIT_VINTR          0x064
#define EXIT_RDPMC          0x06f
#define EXIT_CPUID          0x072
#define EXIT_IRET           0x074
#define EXIT_INVD           0x076
#define EXIT_HLT            0x078
#define EXIT_INVLPGA        0x07a
#define EXIT_IOIO           0x07b
#define EXIT_MSR            0x07c
#define EXIT_SHUTDOWN       0x07f
#define EXIT_VMRUN          0x080
#define EXIT_VMMCALL        0x081
#define EXIT_VMLOAD         0x082
#define EXIT_VMSAVE         0x083
#define EXIT_STGI           0x084
#define EXIT_CLGI           0x085
#define EXIT_SKINIT         0x086
#define EXIT_WBINVD         0x089
#define EXIT_MONITOR        0x08a
#define EXIT_MWAIT          0x08b
#define EXIT_MWAIT_ARMED    0x08c
#define EXIT_INVALID        0xffffffffU
#define EXIT_NPF            0x400

/* IOIO exit_info1, 15.10.2 */
#define IOIO_IN         BIT32(0)
#define IOIO_STRING     BIT32(2)
#define IOIO_SIZE_SHIFT 4
#define IOIO_PORT_SHIFT 16

/* NPF exit_info1, 15.25.6 */
#define NPF_WRITE BIT64(1)
#define NPF_FETCH BIT64(4)

#endif
