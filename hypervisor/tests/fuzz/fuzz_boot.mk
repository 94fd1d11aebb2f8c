# SPDX-License-Identifier: BSD-2-Clause
FUZZERS += fuzz_boot
fuzz_boot_SRC := launch/efi.c mem/e820.c \
	$(addprefix launch/x86/, multiboot.c linux_boot.c linux_params.c)
