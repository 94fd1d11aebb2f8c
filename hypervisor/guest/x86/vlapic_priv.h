/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the local APIC model share. */
#ifndef GUEST_X86_VLAPIC_PRIV_H
#define GUEST_X86_VLAPIC_PRIV_H

#include "guest/x86/vlapic.h"

/* SDM vol. 3, "Error Status Register" */
#define APIC_ESR_SEND_VECTOR BIT32(5)
#define APIC_ESR_RECV_VECTOR BIT32(6)
#define APIC_ESR_REGISTER    BIT32(7)

#define APIC_SVR_ENABLE BIT32(8)

/* Fields of an LVT entry; SDM vol. 3, "Local Vector Table" */
#define APIC_LVT_VECTOR      0xffU
#define APIC_LVT_MODE_SHIFT  8
#define APIC_LVT_READ_ONLY   (BIT32(12) | BIT32(14))
#define APIC_LVT_MASKED      BIT32(16)
#define APIC_LVT_TIMER_SHIFT 17

/** Vectors below this one are the processor's own. */
#define APIC_VECTOR_FIRST 16

/** Fields that other CPUs look at while the owner may change them. */
static inline u32 vlapic_shared_get(const u32 *field)
{
	return __atomic_load_n(field, __ATOMIC_RELAXED);
}

static inline void vlapic_shared_set(u32 *field, u32 val)
{
	__atomic_store_n(field, val, __ATOMIC_RELAXED);
}

static inline u32 vlapic_lvt_get(const struct vlapic *v, enum vlapic_lvt i)
{
	return vlapic_shared_get(&v->lvt[i]);
}

static inline u32 vlapic_lvt_mode(u32 lvt)
{
	return (lvt >> APIC_LVT_MODE_SHIFT) & 7;
}

/** Fixed interrupts are taken only by an APIC software has enabled. */
static inline bool vlapic_takes_fixed(const struct vlapic *v)
{
	return vlapic_state(v) != VLAPIC_DISABLED &&
	       (vlapic_shared_get(&v->svr) & APIC_SVR_ENABLE) != 0;
}

/** The logical id in x2APIC mode; SDM vol. 3, "Logical Destination". */
static inline u32 vlapic_x2apic_ldr(u32 id)
{
	return (id >> 4) << 16 | BIT32(id & 15);
}

/** vlapic_accept() for the owner: nobody needs a kick. */
bool vlapic_accept_local(struct vlapic *v, u8 vector, bool level);

/** Note an error for ESR and raise the error interrupt; from any CPU. */
void vlapic_error(struct vlapic *v, u32 esr_bit);

/** Act on what the guest wrote to the ICR. */
void vlapic_send_ipi(struct vlapic *v, u64 icr);

/** Stop the timer and forget its registers. */
void vlapic_timer_reset(struct vlapic *v);

/** The guest writes LVT timer, initial count or divide configuration. */
void vlapic_timer_write_lvt(struct vlapic *v, u32 val);
void vlapic_timer_write_initial(struct vlapic *v, u32 val);
void vlapic_timer_write_divide(struct vlapic *v, u32 val);

/** The guest reads the current count. */
u32 vlapic_timer_current(struct vlapic *v);

#endif
