# SPDX-License-Identifier: BSD-2-Clause
TESTS += test_efi
test_efi_SRC := launch/efi.c mem/e820.c
