/* SPDX-License-Identifier: BSD-2-Clause */
/* The message to the Service VM that a request page has work for it. */
#ifndef IO_UPCALL_H
#define IO_UPCALL_H

#include "lib/types.h"

/** Raise the upcall interrupt in the Service VM, from any CPU. */
void upcall_raise(void);

/** HC_SET_CALLBACK_VECTOR: 0x20..0xff, else -EINVAL. */
int upcall_set_vector(u64 vector);

/**
 * Raise it as an MSI-X entry says: @dest a LAPIC or logical id, @low the low
 * half of an interrupt command (vector, delivery and destination mode); 0
 * returns to the vector above.
 */
void upcall_set_msix(u32 dest, u32 low);

/** The MSI-X entry is masked: remember upcalls until upcall_set_msix(). */
void upcall_hold(void);

/** Does the Service VM's driver leave the upcall to the plain vector? */
bool upcall_is_by_vector(void);

#endif
