# SPDX-License-Identifier: BSD-2-Clause
TESTS += test_cell_own
test_cell_own_LIBS = $(VM_BENCH_LIB)
