/* SPDX-License-Identifier: BSD-2-Clause */
/* The real I/O APICs of a guest that owns the machine's interrupts. */
#ifndef GUEST_X86_DIRECT_IOAPIC_H
#define GUEST_X86_DIRECT_IOAPIC_H

#include "lib/types.h"

struct vm;

/** Let @vm reach the I/O APIC at @base through a filter. -ENOMEM, -ENOSPC. */
int direct_ioapic_register(struct vm *vm, u64 base);

#endif
