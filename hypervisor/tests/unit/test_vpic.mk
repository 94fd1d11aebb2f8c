# SPDX-License-Identifier: BSD-2-Clause
TESTS += test_vpic
test_vpic_SRC := guest/x86/vpic.c
