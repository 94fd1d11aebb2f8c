# SPDX-License-Identifier: BSD-2-Clause
# The sources are those that the unit tests of hypercalls have.
include ../unit/vm_bench.mk
FUZZERS += fuzz_hypercall
fuzz_hypercall_SRC := $(VM_BENCH_SRC)
fuzz_hypercall_LIBS := -lcmocka
