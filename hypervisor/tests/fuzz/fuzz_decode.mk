# SPDX-License-Identifier: BSD-2-Clause
FUZZERS += fuzz_decode
fuzz_decode_SRC := guest/x86/decode.c guest/x86/decode_table.c \
	guest/x86/emulate.c guest/x86/emulate_alu.c \
	guest/x86/emulate_mem.c guest/x86/emulate_string.c
