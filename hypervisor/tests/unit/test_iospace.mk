# SPDX-License-Identifier: BSD-2-Clause
TESTS += test_iospace
test_iospace_LIBS = $(VM_BENCH_LIB)
