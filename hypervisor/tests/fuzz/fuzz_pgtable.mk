# SPDX-License-Identifier: BSD-2-Clause
FUZZERS += fuzz_pgtable
fuzz_pgtable_SRC := mem/pgtable.c mem/pgtable_formats.c \
	mem/pgtable_update.c mem/pgtable_share.c mem/pgtable_collapse.c mem/pool.c
