# SPDX-License-Identifier: BSD-2-Clause
TESTS += test_vmx_caps
test_vmx_caps_SRC := arch/x86/vmx/caps.c arch/x86/vmx/caps_names.c lib/printf.c
