# SPDX-License-Identifier: BSD-2-Clause
TESTS += test_decode
test_decode_SRC := guest/x86/decode.c guest/x86/decode_table.c \
	tests/unit/decode_oracle.c
test_decode_CFLAGS := -O2
test_decode_LIBS := -lcapstone -lZydis
