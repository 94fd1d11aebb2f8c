# SPDX-License-Identifier: BSD-2-Clause
TESTS += test_hypercall_regs
test_hypercall_regs_LIBS = $(VM_BENCH_LIB)
