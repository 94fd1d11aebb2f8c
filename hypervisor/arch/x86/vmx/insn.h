/* SPDX-License-Identifier: BSD-2-Clause */
/* The VMX instructions. A VMCS that is current is the CPU's own business. */
#ifndef ARCH_X86_VMX_INSN_H
#define ARCH_X86_VMX_INSN_H

#include "arch/x86/vmx/vmcs.h"
#include "mem/addr.h"

/** Read a field of the current VMCS; one that does not exist reads as 0. */
static inline u64 vmcs_read(enum vmcs_field field)
{
	u64 v = 0;

	__asm__ volatile("vmread %1, %0"
			 : "+r"(v)
			 : "r"((u64)field)
			 : "cc", "memory");
	return v;
}

/** Write a field of the current VMCS; false if there is no such field. */
static inline bool vmcs_write(enum vmcs_field field, u64 v)
{
	bool failed;

	__asm__ volatile("vmwrite %2, %1"
			 : "=@ccbe"(failed)
			 : "r"((u64)field), "rm"(v)
			 : "memory");
	return !failed;
}

static inline bool vmx_on(hpa_t region)
{
	bool failed;

	__asm__ volatile("vmxon %1"
			 : "=@ccbe"(failed)
			 : "m"(region.v)
			 : "memory");
	return !failed;
}

static inline void vmx_off(void)
{
	__asm__ volatile("vmxoff" : : : "cc", "memory");
}

static inline bool vmcs_load(hpa_t vmcs)
{
	bool failed;

	__asm__ volatile("vmptrld %1"
			 : "=@ccbe"(failed)
			 : "m"(vmcs.v)
			 : "memory");
	return !failed;
}

/** All of it goes to memory; the next entry must be a launch. */
static inline bool vmcs_clear(hpa_t vmcs)
{
	bool failed;

	__asm__ volatile("vmclear %1"
			 : "=@ccbe"(failed)
			 : "m"(vmcs.v)
			 : "memory");
	return !failed;
}

#define INVEPT_CONTEXT 1ULL
#define INVEPT_ALL     2ULL

static inline bool vmx_invept(u64 type, u64 eptp)
{
	const u64 desc[2] = { eptp, 0 };
	bool failed;

	__asm__ volatile("invept %1, %2"
			 : "=@ccbe"(failed)
			 : "m"(desc), "r"(type)
			 : "memory");
	return !failed;
}

/** Take the NMI that was the cause of an exit; its IRET lets others in. */
static inline void vmx_take_nmi(void)
{
	__asm__ volatile("int $2" : : : "memory");
}

#endif
