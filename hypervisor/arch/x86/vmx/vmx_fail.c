/* SPDX-License-Identifier: BSD-2-Clause */
/* When the CPU refuses a VMCS: which of its checks it was. */
#include "arch/x86/vmx/vmx.h"

#include "core/log.h"

void vmx_explain(struct hw_vcpu *v, const char *what)
{
	(void)v;
	log_guest("VM entry refused for %s: reason %lx, qualification %lx, "
		  "error %lu",
		  what, vmcs_read(VMCS_EXIT_REASON),
		  vmcs_read(VMCS_QUALIFICATION), vmcs_read(VMCS_INSN_ERROR));
}
