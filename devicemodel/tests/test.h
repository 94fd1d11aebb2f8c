/* SPDX-License-Identifier: BSD-2-Clause */
/* What cmocka wants included before it, in its order. */
#ifndef TESTS_TEST_H
#define TESTS_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define TEST(fn) cmocka_unit_test(fn)

#endif
