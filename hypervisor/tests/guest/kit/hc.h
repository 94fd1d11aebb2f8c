/* SPDX-License-Identifier: BSD-2-Clause */
/* Hypercalls, as abi/hypercall.h says they are made. */
#ifndef KIT_HC_H
#define KIT_HC_H

#include "abi/acrn.h"
#include "abi/holm.h"
#include "abi/hypercall.h"
#include "lib/errno.h"
#include "lib/types.h"

static inline s64 vmmcall(u64 nr, u64 arg1, u64 arg2)
{
	register u64 r8 __asm__("r8") = nr;
	s64 rc;

	__asm__ volatile("vmmcall"
			 : "=a"(rc)
			 : "r"(r8), "D"(arg1), "S"(arg2)
			 : "memory");
	return rc;
}

static inline s64 vmcall(u64 nr, u64 arg1, u64 arg2)
{
	register u64 r8 __asm__("r8") = nr;
	s64 rc;

	__asm__ volatile("vmcall"
			 : "=a"(rc)
			 : "r"(r8), "D"(arg1), "S"(arg2)
			 : "memory");
	return rc;
}

/** By the instruction of the CPU's maker. */
s64 hypercall(u64 nr, u64 arg1, u64 arg2);

static inline u64 addr_of(const void *p)
{
	return (u64)(uintptr_t)p;
}

/** HC_HOLM_QUERY of @subject into @buf; the bytes written, or an error. */
s64 hc_query(u32 subject, u32 index, void *buf, u32 len);
/** The same for the subjects that begin at @from. */
s64 hc_query_from(u32 subject, u32 index, u64 from, void *buf, u32 len);

/** HOLM_QUERY_INFO; aborts the tests if there is no answer. */
struct holm_info hc_info(void);

struct holm_cpu hc_cpu(u32 index);

/** VM in @slot; state 0 if there is none. */
struct holm_vm hc_vm(u32 slot);

/** The name of an error, for messages. */
const char *hc_error(s64 rc);

#endif
