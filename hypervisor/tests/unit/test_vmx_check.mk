# SPDX-License-Identifier: BSD-2-Clause
TESTS += test_vmx_check
test_vmx_check_SRC := arch/x86/vmx/check.c arch/x86/vmx/check_guest.c \
	arch/x86/vmx/check_seg.c arch/x86/vmx/caps.c arch/x86/vmx/caps_names.c \
	lib/printf.c
