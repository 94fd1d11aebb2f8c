# SPDX-License-Identifier: BSD-2-Clause
TESTS += test_ioreq
test_ioreq_LIBS = $(VM_BENCH_LIB)
