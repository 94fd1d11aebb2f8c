# SPDX-License-Identifier: BSD-2-Clause
TESTS += test_cell
test_cell_LIBS = $(VM_BENCH_LIB)
