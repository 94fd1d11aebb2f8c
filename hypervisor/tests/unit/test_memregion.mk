# SPDX-License-Identifier: BSD-2-Clause
TESTS += test_memregion
test_memregion_SRC = $(VM_BENCH_SRC)
