# SPDX-License-Identifier: BSD-2-Clause
TESTS += test_pgtable_edge
test_pgtable_edge_SRC = $(PGTABLE_SRC) tests/unit/pgtable_hw.c
test_pgtable_edge_CFLAGS := -pthread
