# SPDX-License-Identifier: BSD-2-Clause
TESTS += test_facts
test_facts_LIBS = $(VM_BENCH_LIB)
