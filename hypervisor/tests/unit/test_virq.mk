# SPDX-License-Identifier: BSD-2-Clause
TESTS += test_virq
test_virq_SRC = $(VIRQ_SRC) guest/x86/vpit.c
