/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The real I/O APICs of VMs that own their CPUs' local APICs. A pin is one
 * VM's. The Service VM has those that no cell took; it sees the others as
 * masked as it left them, and cannot change them. A cell sees an I/O APIC of
 * which it has a pin, at its own address, the other pins masked; each entry
 * it writes goes to one of its CPUs, by physical destination, or is masked.
 */
#ifndef GUEST_X86_DIRECT_IOAPIC_H
#define GUEST_X86_DIRECT_IOAPIC_H

#include "abi/holm.h"
#include "arch/x86/acpi.h"
#include "lib/types.h"

struct vm;
struct direct_ioapic;

/** What a VM sees of one: in vm->guest. */
struct ioapic_view {
	struct direct_ioapic *io;
	struct vm *vm;
	u32 select; /* IOREGSEL as the guest wrote it */
};

/** Once, at start: all of them to the Service VM. -ENOMEM, -ENOSPC. */
int direct_ioapics_register(struct vm *service, const struct acpi_ioapic *io,
			    u32 n);

/**
 * Give the pin of interrupt @gsi to @cell, which never ran. -EINVAL: there
 * is no such pin; -EBUSY: it is another cell's; -ENOMEM. The last three are
 * for pins that were taken.
 */
int direct_ioapic_take(struct vm *cell, u32 gsi);

/** As after direct_ioapic_take(): masked, to the cell's first CPU. */
void direct_ioapic_reset(u32 gsi);

/** The Service VM has it as it had it; the cell may be gone already. */
void direct_ioapic_give_back(u32 gsi);

/** What HOLM_QUERY_PIN tells. False: there is no such pin. */
bool direct_ioapic_pin(u32 gsi, struct holm_pin *out);

/**
 * Mask the entries of the Service VM by which a line would interrupt a CPU
 * that is a cell's now.
 */
void direct_ioapic_guard(void);

#endif
