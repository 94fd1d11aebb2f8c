/* SPDX-License-Identifier: BSD-2-Clause */
/* What entry.S and C must agree on. */
#ifndef ARCH_X86_VMX_REGS_H
#define ARCH_X86_VMX_REGS_H

#define HOST_RSP_FIELD 0x6c14

/* How to enter, bits. */
#define VMX_HOW_RESUME     1 /* else launch */
#define VMX_HOW_RESUME_BIT 0
#define VMX_HOW_BUFFERS    2 /* overwrite the CPU's buffers first */

/* Results of vmx_enter(). */
#define VMX_ENTER_KICKED 0
#define VMX_ENTERED      1
#define VMX_ENTER_FAILED 2

#endif
