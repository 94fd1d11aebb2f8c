# SPDX-License-Identifier: BSD-2-Clause
TESTS += test_vm
test_vm_SRC = $(VM_BENCH_SRC)
