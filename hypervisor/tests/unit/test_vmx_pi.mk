# SPDX-License-Identifier: BSD-2-Clause
TESTS += test_vmx_pi
test_vmx_pi_SRC :=
test_vmx_pi_LIBS := -lpthread
