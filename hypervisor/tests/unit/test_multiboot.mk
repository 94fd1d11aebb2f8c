# SPDX-License-Identifier: BSD-2-Clause
TESTS += test_multiboot
test_multiboot_SRC := launch/x86/multiboot.c launch/efi.c mem/e820.c
