# SPDX-License-Identifier: BSD-2-Clause
TESTS += test_vm
test_vm_LIBS = $(VM_BENCH_LIB)
