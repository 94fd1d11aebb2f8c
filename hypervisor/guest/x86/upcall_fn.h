/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The small PCI function in the Service VM's machine whose one MSI-X vector
 * carries the upcall: a stock kernel has no gate for ACRN's vector, but any
 * kernel can have an MSI-X interrupt. Identity and registers: abi/holm.h.
 */
#ifndef GUEST_X86_UPCALL_FN_H
#define GUEST_X86_UPCALL_FN_H

#include "lib/types.h"

struct vm;

/**
 * Put the function at a free place of bus 0 of the Service VM's machine,
 * after vpci_register() and before the VM runs. -ENOSPC: bus 0 is full;
 * -ENOMEM.
 */
int upcall_fn_register(struct vm *vm);

#endif
