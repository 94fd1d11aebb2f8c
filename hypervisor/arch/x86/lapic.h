/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The physical local APIC, in whichever mode (xAPIC or x2APIC) the CPU's
 * guest or the firmware left it. APM vol 2, chapter 16.
 */
#ifndef ARCH_X86_LAPIC_H
#define ARCH_X86_LAPIC_H

#include "lib/types.h"
#include "mem/addr.h"

#define LAPIC_BASE       0xfee00000UL
#define APIC_BASE_BSP    BIT64(8)
#define APIC_BASE_EXTD   BIT64(10)
#define APIC_BASE_ENABLE BIT64(11)

#define LAPIC_ID           0x020
#define LAPIC_VERSION      0x030
#define LAPIC_TPR          0x080
#define LAPIC_EOI          0x0b0
#define LAPIC_LDR          0x0d0
#define LAPIC_DFR          0x0e0
#define LAPIC_SVR          0x0f0
#define LAPIC_ISR          0x100
#define LAPIC_IRR          0x200
#define LAPIC_ESR          0x280
#define LAPIC_ICR          0x300
#define LAPIC_ICR_HIGH     0x310
#define LAPIC_LVT_TIMER    0x320
#define LAPIC_LVT_THERMAL  0x330
#define LAPIC_LVT_PMC      0x340
#define LAPIC_LVT_LINT0    0x350
#define LAPIC_LVT_LINT1    0x360
#define LAPIC_LVT_ERROR    0x370
#define LAPIC_TIMER_INIT   0x380
#define LAPIC_TIMER_COUNT  0x390
#define LAPIC_TIMER_DIVIDE 0x3e0

#define ICR_MODE_MASK       (7U << 8)
#define ICR_FIXED           (0U << 8)
#define ICR_LOWEST          (1U << 8)
#define ICR_SMI             (2U << 8)
#define ICR_NMI             (4U << 8)
#define ICR_INIT            (5U << 8)
#define ICR_STARTUP         (6U << 8)
#define ICR_LOGICAL         (1U << 11)
#define ICR_PENDING         (1U << 12)
#define ICR_ASSERT          (1U << 14)
#define ICR_LEVEL           (1U << 15)
#define ICR_SHORTHAND_SHIFT 18
#define LVT_MASKED          (1U << 16)

/** Tell where the register page is mapped; once, before any other use. */
void lapic_init(volatile void *regs);

/** Id of the calling CPU's LAPIC. */
u32 lapic_id(void);

/** True if the calling CPU is in x2APIC mode. */
bool lapic_is_x2apic(void);

/**
 * Find out whether this machine's LAPICs can leave x2APIC mode; once, on the
 * boot CPU. @stay: they cannot, whatever they say (the option x2apic-stays).
 */
void lapic_find_lock(bool stay);

/** A LAPIC in x2APIC mode can be brought into no other. */
bool lapic_stays_x2apic(void);

/**
 * Bring the calling CPU's LAPIC into this mode; it is enabled. One that must
 * stay in x2APIC mode does.
 */
void lapic_set_mode(bool x2apic);

u32 lapic_read(u32 reg);
void lapic_write(u32 reg, u32 v);

/**
 * Send an interrupt command; @dest is an APIC id (or logical id). Waits for
 * the previous one to be accepted, and leaves the guest's ICR destination
 * register as it was.
 */
void lapic_icr(u32 dest, u32 low);

/** Software-enable the LAPIC with everything masked: a CPU of Holm's own. */
void lapic_takeover(void);

/** Undo what a guest set: as after INIT, nothing pending or in service. */
void lapic_clear(void);

/** LINT0 to the 8259, LINT1 to NMI: as firmware leaves the boot CPU. */
void lapic_virtual_wire(void);

void lapic_eoi(void);

/** Was this interrupt delivered, and no EOI is there yet? */
bool lapic_in_service(u8 vector);

/** Calibrate the timer against @tsc_khz; once, on the boot CPU. */
void lapic_timer_calibrate(u64 tsc_khz);

/** The timer's input as calibrated, in kHz. */
u64 lapic_timer_khz(u64 tsc_khz);

/** One interrupt at VECTOR_TIMER in @tsc_ticks (0: at once). */
void lapic_timer_arm(u64 tsc_ticks);
void lapic_timer_stop(void);

#endif
