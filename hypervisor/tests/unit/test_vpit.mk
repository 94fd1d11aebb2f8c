# SPDX-License-Identifier: BSD-2-Clause
TESTS += test_vpit
test_vpit_SRC := guest/x86/vpit.c guest/x86/vpmtimer.c
