# SPDX-License-Identifier: BSD-2-Clause
TESTS += test_trace
test_trace_LIBS = $(VM_BENCH_LIB) -lpthread
