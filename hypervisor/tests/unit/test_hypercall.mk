# SPDX-License-Identifier: BSD-2-Clause
TESTS += test_hypercall
test_hypercall_SRC = $(VM_BENCH_SRC)
