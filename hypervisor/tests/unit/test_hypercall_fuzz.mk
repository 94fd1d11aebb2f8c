# SPDX-License-Identifier: BSD-2-Clause
TESTS += test_hypercall_fuzz
test_hypercall_fuzz_LIBS = $(VM_BENCH_LIB)
