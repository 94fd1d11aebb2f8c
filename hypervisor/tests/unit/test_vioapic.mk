# SPDX-License-Identifier: BSD-2-Clause
TESTS += test_vioapic
test_vioapic_SRC = $(VIRQ_SRC)
