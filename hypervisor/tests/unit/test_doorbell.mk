# SPDX-License-Identifier: BSD-2-Clause
TESTS += test_doorbell
test_doorbell_LIBS = $(VM_BENCH_LIB)
