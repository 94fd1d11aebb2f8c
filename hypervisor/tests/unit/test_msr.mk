# SPDX-License-Identifier: BSD-2-Clause
TESTS += test_msr
test_msr_SRC := guest/x86/msr.c guest/x86/msr_table.c
