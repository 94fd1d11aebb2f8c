# SPDX-License-Identifier: BSD-2-Clause
TESTS += test_stage2
test_stage2_SRC = $(PGTABLE_SRC) mem/stage2.c mem/stage2_donate.c
test_stage2_CFLAGS := -pthread
