# SPDX-License-Identifier: BSD-2-Clause
TESTS += test_ivshmem
test_ivshmem_LIBS = $(VM_BENCH_LIB)
