# SPDX-License-Identifier: BSD-2-Clause
TESTS += test_pool
test_pool_SRC := mem/pool.c
