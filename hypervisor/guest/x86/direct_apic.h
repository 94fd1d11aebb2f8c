/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The local APIC and I/O APICs of a guest that owns its CPUs' real ones (the
 * Service VM, cells). The hardware does the work; here is only what must be
 * looked at so that the guest reaches no CPU but its own: interrupt
 * commands, delivery modes, the APIC base.
 */
#ifndef GUEST_X86_DIRECT_APIC_H
#define GUEST_X86_DIRECT_APIC_H

#include "arch/x86/acpi.h"
#include "lib/types.h"
#include "mem/addr.h"

struct vcpu;
struct vm;

/** What Holm remembers of a vCPU's APIC: how others address it. */
struct direct_apic {
	u32 ldr;
	u32 dfr;
	u32 icr_high;
	bool off;    /* the guest disabled it: so it believes */
	bool left;   /* its CPU went to somebody else, */
	bool x2apic; /* which found it in this mode */
};

/** As after INIT. */
void direct_apic_reset(struct direct_apic *a);

/** IA32_APIC_BASE as the guest wrote it. */
u64 direct_apic_base_read(const struct vcpu *v);

/**
 * IA32_APIC_BASE: the mode may change, the address may not. A guest that
 * disables its LAPIC is told so, but the LAPIC stays on in xAPIC mode: with
 * it off no NMI would ever reach the CPU again. -EINVAL: #GP(0).
 */
int direct_apic_base_write(struct vcpu *v, u64 val);

/** An x2APIC register that traps. -EINVAL: #GP(0). */
int direct_apic_msr_write(struct vcpu *v, u32 msr, u64 val);

/** Does a message of a device of @vm's to @addr reach a CPU of its own? */
bool direct_apic_owns_msi(struct vm *vm, u64 addr);

/**
 * Deliver the message to those of @vm's CPUs that it names; other modes than
 * fixed and lowest priority go nowhere. Any CPU, any lock held.
 */
void direct_apic_msi(struct vm *vm, u64 addr, u32 data);

/**
 * Let @vm's accesses to the LAPIC page and to the I/O APICs at @ioapic[0..n)
 * be answered here; the pages must trap. -ENOMEM.
 */
int direct_apic_register(struct vm *vm, const struct acpi_ioapic *ioapic,
			 u32 n);

/** The same for a cell: its LAPIC page, read-only in stage 2. -ENOMEM. */
int direct_apic_register_cell(struct vm *vm);

/**
 * The vCPU of @vm to which a message with an 8-bit destination goes, the
 * first if it is several; NULL: none, or all there are. The CPUs' mode is
 * taken to be the calling one's.
 */
struct vcpu *direct_apic_target(const struct vm *vm, u32 dest, bool logical);

#endif
