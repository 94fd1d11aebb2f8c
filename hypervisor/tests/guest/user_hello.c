/* SPDX-License-Identifier: BSD-2-Clause */
/* The least a User VM can do. */
#include "kit/test.h"

static void speaks(void)
{
	check(is_user_vm(), "this is the Service VM");
}

/* clang-format off */
const struct test tests[] = {
	{ "speaks", speaks },
	{ NULL, NULL },
};
/* clang-format on */
