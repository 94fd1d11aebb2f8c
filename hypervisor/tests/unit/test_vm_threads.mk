# SPDX-License-Identifier: BSD-2-Clause
TESTS += test_vm_threads
test_vm_threads_LIBS = $(VM_BENCH_LIB)
