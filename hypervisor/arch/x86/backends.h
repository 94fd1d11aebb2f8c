/* SPDX-License-Identifier: BSD-2-Clause */
/* The backends this image carries, best reason to refuse last. */
#ifndef ARCH_X86_BACKENDS_H
#define ARCH_X86_BACKENDS_H

#include "lib/types.h"

struct backend;

extern const struct backend *const arch_backends[];
extern const u32 arch_backend_count;

#endif
