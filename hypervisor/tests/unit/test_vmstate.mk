# SPDX-License-Identifier: BSD-2-Clause
TESTS += test_vmstate
test_vmstate_LIBS = $(VM_BENCH_LIB)
