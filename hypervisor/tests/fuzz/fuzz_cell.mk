# SPDX-License-Identifier: BSD-2-Clause
FUZZERS += fuzz_cell
fuzz_cell_SRC = $(VM_BENCH_SRC)
fuzz_cell_LIBS := -lcmocka
