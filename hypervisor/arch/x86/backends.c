/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/x86/backends.h"

#include "arch/x86/svm/svm.h"

const struct backend *const arch_backends[] = { &svm_backend };
const u32 arch_backend_count = ARRAY_SIZE(arch_backends);
