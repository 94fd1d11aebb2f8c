# SPDX-License-Identifier: BSD-2-Clause
TESTS += test_vlapic_timer
test_vlapic_timer_SRC = $(VIRQ_SRC)
