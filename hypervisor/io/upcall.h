/* SPDX-License-Identifier: BSD-2-Clause */
/* The message to the Service VM that a request page has work for it. */
#ifndef IO_UPCALL_H
#define IO_UPCALL_H

#include "lib/types.h"

/** Raise the upcall interrupt in the Service VM, from any CPU. */
void upcall_raise(void);

/** HC_SET_CALLBACK_VECTOR: 0x20..0xff, else -EINVAL. */
int upcall_set_vector(u64 vector);

#endif
