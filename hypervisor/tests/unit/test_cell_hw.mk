# SPDX-License-Identifier: BSD-2-Clause
TESTS += test_cell_hw
test_cell_hw_LIBS = $(VM_BENCH_LIB)
