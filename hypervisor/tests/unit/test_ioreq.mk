# SPDX-License-Identifier: BSD-2-Clause
TESTS += test_ioreq
test_ioreq_SRC = $(VM_BENCH_SRC)
