/* SPDX-License-Identifier: BSD-2-Clause */
/* The own local APIC, in either mode. SDM vol 3, chapter 11. */
#ifndef KIT_APIC_H
#define KIT_APIC_H

#include "arch/x86/lapic.h"
#include "lib/types.h"

#define APIC_PAGE    0xfee00000UL
#define VEC_SPURIOUS 0xffU

/* Interrupt command, destinations by shorthand. */
#define ICR_TO_SELF   BIT32(18)
#define ICR_TO_ALL    BIT32(19)
#define ICR_TO_OTHERS (BIT32(18) | BIT32(19))

#define TIMER_ONE_SHOT 0U
#define TIMER_PERIODIC BIT32(17)
#define TIMER_DEADLINE BIT32(18)
#define TIMER_DIV_1    0xbU

/** Enable the calling CPU's local APIC in x2APIC or xAPIC mode. */
void apic_enable(bool x2apic);

/**
 * May the Service VM's local APICs be in this mode? lapic=xapic or x2apic: in
 * this one only, since the machine has no way back: Bochs does not switch an
 * APIC on again that was switched off.
 */
bool apic_may_be(bool x2apic);

/** x2apic=no: the CPU has no such mode, for the guest or for its cells. */
bool apic_has_x2apic(void);

/** May it be switched off, and on again? */
static inline bool apic_may_switch(void)
{
	return apic_may_be(false) && apic_may_be(true);
}

bool apic_is_x2apic(void);

u32 apic_read(u32 reg);
void apic_write(u32 reg, u32 val);
u32 apic_id(void);
void apic_eoi(void);

/** Send an interrupt command; @dest is an id, or a logical destination. */
void apic_icr(u32 dest, u32 low);

/**
 * Send an NMI to this CPU, and another one from within its handler. Returns
 * how deep handlers ran in each other, which is 1; *@taken: how many came.
 */
u32 apic_nest_nmis(u32 *taken);

/** In service, or requested: registers ISR and IRR. */
bool apic_in_service(u8 vector);
bool apic_requested(u8 vector);

/**
 * Start the timer with local vector entry @lvt and about @us; the count's
 * clock is found out at first use.
 */
void apic_timer_start(u32 lvt, u64 us);
static inline void apic_timer_us(u8 vector, u64 us)
{
	apic_timer_start(TIMER_ONE_SHOT | vector, us);
}
void apic_timer_stop(void);

#endif
