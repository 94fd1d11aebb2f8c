# SPDX-License-Identifier: BSD-2-Clause
TESTS += test_string
test_string_CFLAGS := -fno-builtin
