/* SPDX-License-Identifier: BSD-2-Clause */
/* The backends this image carries. */
#ifndef ARCH_X86_BACKENDS_H
#define ARCH_X86_BACKENDS_H

#include "lib/types.h"

struct backend;

extern const struct backend *const arch_backends[];
extern const u32 arch_backend_count;

/** What to say of a CPU that has no such extension at all. */
extern const char arch_no_backend[];

#endif
