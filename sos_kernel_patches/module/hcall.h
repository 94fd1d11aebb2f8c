/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* The call instruction. Tests put a hypervisor of their own in its place. */
#ifndef HSM_HCALL_H
#define HSM_HCALL_H

#include <linux/types.h>
#include <asm/alternative.h>
#include <asm/cpufeatures.h>

/**
 * hsm_hcall() - call the hypervisor
 * @nr: HC_*
 * @arg1: first argument; every address is physical, of linear kernel memory
 * @arg2: second argument
 *
 * The instruction is patched for the vendor when the module is loaded. Only
 * RAX and memory change.
 *
 * Return: 0 or positive on success, a negative errno otherwise.
 */
static inline int hsm_hcall(u32 nr, u64 arg1, u64 arg2)
{
	register unsigned long r8 asm("r8") = nr;
	long ret;

	asm volatile(ALTERNATIVE("vmcall", "vmmcall", X86_FEATURE_VMMCALL)
		     : "=a"(ret)
		     : "r"(r8), "D"(arg1), "S"(arg2)
		     : "memory");
	return (int)ret;
}

#endif
