/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/upcall.h"

#include "arch/x86/lapic.h"
#include "core/trace.h"
#include "lib/errno.h"
#include "vm/vm.h"

#define VECTOR_DEFAULT 0xf3 /* HYPERVISOR_CALLBACK_VECTOR of Linux */
#define VECTOR_MIN     0x20

/*
 * The upcall as an interrupt command: what the function's MSI-X entry says,
 * or the vector ACRN's driver expects, to vCPU 0, while there is none.
 */
static struct {
	u32 vector;
	u32 pending; /* one came while held */
	u64 msix;    /* dest << 32 | low; 0: none; HELD: masked */
} upcall = { .vector = VECTOR_DEFAULT };

#define HELD (~(u64)0)

int upcall_set_vector(u64 vector)
{
	if (vector < VECTOR_MIN || vector > 0xff)
		return -EINVAL;
	__atomic_store_n(&upcall.vector, (u32)vector, __ATOMIC_RELAXED);
	return 0;
}

void upcall_hold(void)
{
	__atomic_store_n(&upcall.msix, HELD, __ATOMIC_SEQ_CST);
}

void upcall_set_msix(u32 dest, u32 low)
{
	u64 msix = low ? ((u64)dest << 32) | low : 0;

	__atomic_store_n(&upcall.msix, msix, __ATOMIC_SEQ_CST);
	if (__atomic_exchange_n(&upcall.pending, 0, __ATOMIC_SEQ_CST))
		upcall_raise();
}

bool upcall_is_by_vector(void)
{
	return __atomic_load_n(&upcall.msix, __ATOMIC_SEQ_CST) == 0;
}

void upcall_raise(void)
{
	u64 msix = __atomic_load_n(&upcall.msix, __ATOMIC_SEQ_CST);

	if (msix == HELD) {
		__atomic_store_n(&upcall.pending, 1, __ATOMIC_SEQ_CST);
		/* It may have been let go in between: then nobody looks. */
		msix = __atomic_load_n(&upcall.msix, __ATOMIC_SEQ_CST);
		if (msix == HELD ||
		    !__atomic_exchange_n(&upcall.pending, 0, __ATOMIC_SEQ_CST))
			return;
	}
	trace(HOLM_TRACE_UPCALL, TRACE_NOBODY, msix >> 32, (u32)msix, 0);
	if (msix)
		lapic_icr((u32)(msix >> 32), (u32)msix);
	else
		lapic_icr(vm_service()->vcpu[0]->lapic_id,
			  ICR_FIXED | ICR_ASSERT | upcall.vector);
}
