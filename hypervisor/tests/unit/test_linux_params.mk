# SPDX-License-Identifier: BSD-2-Clause
TESTS += test_linux_params
test_linux_params_SRC := launch/x86/linux_params.c launch/efi.c mem/e820.c \
	tests/unit/fake_physmap.c
