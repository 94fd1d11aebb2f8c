# SPDX-License-Identifier: BSD-2-Clause
TESTS += test_hostmap
test_hostmap_SRC = mem/hostmap.c mem/e820.c $(PGTABLE_SRC)
