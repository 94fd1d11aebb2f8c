/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Posted interrupts: SDM vol 3, 30.6. Any CPU puts vectors into a vCPU's
 * descriptor; the first one sends a notification. A CPU that can process it
 * does so in the guest, without an exit; another exits for it, and Holm takes
 * the vectors out. Nothing here needs VMX: unit-tested.
 *
 * Rule: a vector is visible before ON is looked at, and ON is cleared before
 * vectors are taken. So whoever finds ON set knows that its vector will be
 * seen by a look that is still to come.
 */
#ifndef ARCH_X86_VMX_PI_H
#define ARCH_X86_VMX_PI_H

#include "lib/types.h"

struct pi_desc {
	u32 pir[8];  /* requested vectors */
	u64 control; /* PI_*; destination in bits 63:32, an x2APIC id */
	u64 reserved[3];
} __attribute__((aligned(64)));

_Static_assert(sizeof(struct pi_desc) == 64, "SDM vol 3, table 30-1");

#define PI_ON           BIT64(0) /* a notification is on its way */
#define PI_SN           BIT64(1) /* send none */
#define PI_VECTOR_SHIFT 16
#define PI_DEST_SHIFT   32

static inline bool pi_is_on(const struct pi_desc *d)
{
	return __atomic_load_n(&d->control, __ATOMIC_RELAXED) & PI_ON;
}

/** No notification is sent: who waits for one would wait for ever. */
static inline bool pi_is_suspended(const struct pi_desc *d)
{
	return __atomic_load_n(&d->control, __ATOMIC_SEQ_CST) & PI_SN;
}

/** Request @vector, from any CPU. True: notify the CPU *@dest. */
static inline bool pi_post(struct pi_desc *d, u8 vector, u32 *dest)
{
	u64 old;

	__atomic_fetch_or(&d->pir[vector / 32], BIT32(vector % 32),
			  __ATOMIC_SEQ_CST);
	old = __atomic_load_n(&d->control, __ATOMIC_SEQ_CST);
	do {
		if (old & PI_ON)
			return false;
	} while (!__atomic_compare_exchange_n(&d->control, &old, old | PI_ON,
					      false, __ATOMIC_SEQ_CST,
					      __ATOMIC_SEQ_CST));
	*dest = (u32)(old >> PI_DEST_SHIFT);
	return !(old & PI_SN);
}

/** False if @vector was taken meanwhile, else it is not requested any more. */
static inline bool pi_take_back(struct pi_desc *d, u8 vector)
{
	u32 bit = BIT32(vector % 32);

	return __atomic_fetch_and(&d->pir[vector / 32], ~bit,
				  __ATOMIC_SEQ_CST) &
	       bit;
}

/** Take all vectors into @irr; which of its words were written. */
static inline u32 pi_take(struct pi_desc *d, u32 irr[8])
{
	u32 words = 0;

	__atomic_fetch_and(&d->control, ~PI_ON, __ATOMIC_SEQ_CST);
	for (u32 i = 0; i < 8; i++) {
		if (!__atomic_load_n(&d->pir[i], __ATOMIC_SEQ_CST))
			continue;
		irr[i] = __atomic_exchange_n(&d->pir[i], 0, __ATOMIC_SEQ_CST);
		words |= BIT32(i);
	}
	return words;
}

/** No CPU runs it: nobody is to be notified. */
static inline void pi_suspend(struct pi_desc *d)
{
	__atomic_fetch_or(&d->control, PI_SN, __ATOMIC_SEQ_CST);
}

/**
 * The CPU @dest runs it from now on. ON is set if something was requested
 * meanwhile: the caller looks for that before it enters the guest.
 */
static inline void pi_resume(struct pi_desc *d, u32 dest, u8 vector)
{
	u64 control = (u64)dest << PI_DEST_SHIFT | (u64)vector
							   << PI_VECTOR_SHIFT;
	u32 any = 0;

	__atomic_store_n(&d->control, control, __ATOMIC_SEQ_CST);
	for (u32 i = 0; i < 8; i++)
		any |= __atomic_load_n(&d->pir[i], __ATOMIC_SEQ_CST);
	if (any)
		__atomic_fetch_or(&d->control, PI_ON, __ATOMIC_SEQ_CST);
}

#endif
