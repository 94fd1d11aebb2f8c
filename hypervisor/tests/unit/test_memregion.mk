# SPDX-License-Identifier: BSD-2-Clause
TESTS += test_memregion
test_memregion_LIBS = $(VM_BENCH_LIB)
