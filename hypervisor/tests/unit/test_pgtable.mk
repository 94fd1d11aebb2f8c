# SPDX-License-Identifier: BSD-2-Clause
PGTABLE_SRC := mem/pgtable.c mem/pgtable_formats.c mem/pgtable_update.c \
	mem/pgtable_share.c mem/pgtable_collapse.c mem/pool.c
TESTS += test_pgtable
test_pgtable_SRC := $(PGTABLE_SRC) tests/unit/pgtable_hw.c
