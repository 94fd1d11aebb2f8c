# SPDX-License-Identifier: BSD-2-Clause
VLAPIC_SRC := guest/x86/vlapic.c guest/x86/vlapic_bus.c \
	guest/x86/vlapic_regs.c guest/x86/vlapic_timer.c
VIRQ_SRC := $(VLAPIC_SRC) guest/x86/vioapic.c guest/x86/vpic.c \
	guest/x86/virq.c
TESTS += test_vlapic
test_vlapic_SRC := $(VIRQ_SRC)
test_vlapic_LIBS := -lpthread
