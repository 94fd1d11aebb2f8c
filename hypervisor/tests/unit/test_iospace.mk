# SPDX-License-Identifier: BSD-2-Clause
TESTS += test_iospace
test_iospace_SRC = $(VM_BENCH_SRC)
