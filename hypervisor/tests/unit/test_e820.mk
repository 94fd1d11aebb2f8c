# SPDX-License-Identifier: BSD-2-Clause
TESTS += test_e820
test_e820_SRC := mem/e820.c
