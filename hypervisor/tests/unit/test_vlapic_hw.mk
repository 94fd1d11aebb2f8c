# SPDX-License-Identifier: BSD-2-Clause
TESTS += test_vlapic_hw
test_vlapic_hw_SRC := $(VIRQ_SRC) guest/x86/vlapic_hw.c
