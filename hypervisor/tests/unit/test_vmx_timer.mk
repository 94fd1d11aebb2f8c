# SPDX-License-Identifier: BSD-2-Clause
TESTS += test_vmx_timer
test_vmx_timer_SRC :=
