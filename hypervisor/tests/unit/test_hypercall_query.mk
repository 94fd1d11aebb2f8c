# SPDX-License-Identifier: BSD-2-Clause
TESTS += test_hypercall_query
test_hypercall_query_LIBS = $(VM_BENCH_LIB)
