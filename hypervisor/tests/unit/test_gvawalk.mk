# SPDX-License-Identifier: BSD-2-Clause
TESTS += test_gvawalk
test_gvawalk_SRC = $(PGTABLE_SRC) $(GUESTMEM_SRC) mem/gvawalk.c
