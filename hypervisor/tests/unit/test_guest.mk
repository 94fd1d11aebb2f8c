# SPDX-License-Identifier: BSD-2-Clause
TESTS += test_guest
test_guest_LIBS = $(VM_BENCH_LIB)
