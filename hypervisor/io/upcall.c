/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/upcall.h"

#include "arch/x86/lapic.h"
#include "lib/errno.h"
#include "vm/vm.h"

#define VECTOR_DEFAULT	0xf3	/* HYPERVISOR_CALLBACK_VECTOR of Linux */
#define VECTOR_MIN	0x20

/*
 * The upcall as an interrupt command: what the function's MSI-X entry says
 * while that is unmasked, else the vector ACRN's driver expects, to vCPU 0.
 * low 0: no MSI-X.
 */
static struct {
	u32 vector;
	u64 msix;		/* dest << 32 | low */
} upcall = { .vector = VECTOR_DEFAULT };

int upcall_set_vector(u64 vector)
{
	if (vector < VECTOR_MIN || vector > 0xff)
		return -EINVAL;
	__atomic_store_n(&upcall.vector, (u32)vector, __ATOMIC_RELAXED);
	return 0;
}

void upcall_set_msix(u32 dest, u32 low)
{
	__atomic_store_n(&upcall.msix, ((u64)dest << 32) | low,
			 __ATOMIC_RELEASE);
}

void upcall_raise(void)
{
	u64 msix = __atomic_load_n(&upcall.msix, __ATOMIC_ACQUIRE);

	if ((u32)msix)
		lapic_icr((u32)(msix >> 32), (u32)msix);
	else
		lapic_icr(vm_service()->vcpu[0]->lapic_id,
			  ICR_FIXED | ICR_ASSERT | upcall.vector);
}
