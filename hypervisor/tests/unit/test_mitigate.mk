# SPDX-License-Identifier: BSD-2-Clause
TESTS += test_mitigate
test_mitigate_SRC := arch/x86/mitigate_policy.c
