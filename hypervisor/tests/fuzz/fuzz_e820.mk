# SPDX-License-Identifier: BSD-2-Clause
FUZZERS += fuzz_e820
fuzz_e820_SRC := mem/e820.c
