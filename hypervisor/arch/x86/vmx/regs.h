/* SPDX-License-Identifier: BSD-2-Clause */
/* What entry.S and C must agree on. */
#ifndef ARCH_X86_VMX_REGS_H
#define ARCH_X86_VMX_REGS_H

#define HOST_RSP_FIELD 0x6c14

/* Results of vmx_enter(). */
#define VMX_ENTER_KICKED 0
#define VMX_ENTERED      1
#define VMX_ENTER_FAILED 2

#endif
