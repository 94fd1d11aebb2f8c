# SPDX-License-Identifier: BSD-2-Clause
TESTS += test_vlapic_ipi
test_vlapic_ipi_SRC = $(VIRQ_SRC)
