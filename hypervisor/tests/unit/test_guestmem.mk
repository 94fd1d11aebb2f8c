# SPDX-License-Identifier: BSD-2-Clause
TESTS += test_guestmem
GUESTMEM_SRC := mem/guestmem.c mem/stage2.c tests/unit/fake_physmap.c
test_guestmem_SRC = $(PGTABLE_SRC) $(GUESTMEM_SRC)
