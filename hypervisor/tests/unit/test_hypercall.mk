# SPDX-License-Identifier: BSD-2-Clause
TESTS += test_hypercall
test_hypercall_LIBS = $(VM_BENCH_LIB)
