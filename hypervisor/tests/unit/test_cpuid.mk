# SPDX-License-Identifier: BSD-2-Clause
TESTS += test_cpuid
test_cpuid_SRC := guest/x86/cpuid.c guest/x86/cpuid_table.c
