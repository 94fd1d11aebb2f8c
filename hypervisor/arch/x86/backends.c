/* SPDX-License-Identifier: BSD-2-Clause */
#include "arch/x86/backends.h"

#include "vm/backend.h"

extern const struct backend svm_backend, vmx_backend;

const struct backend *const arch_backends[] = { &svm_backend, &vmx_backend };
const u32 arch_backend_count = ARRAY_SIZE(arch_backends);
const char arch_no_backend[] =
	"the CPU has no SVM (AMD-V) and no VMX (Intel VT-x)";
