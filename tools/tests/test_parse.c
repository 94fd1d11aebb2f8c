/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line: what is understood, and what is said if it is not. */
#include <stdlib.h>
#include <string.h>

#include "fake.h"
#include "holm/nearest.h"

static void test_wrong_words(void **state)
{
	(void)state;
	expect_said("", STATUS_USAGE, "give a noun and a verb");
	expect_said("vm", STATUS_USAGE, "'vm' needs a verb");
	expect_said("vn list", STATUS_USAGE,
		    "there is no noun 'vn'; did you mean 'vm'?");
	expect_said("vm lst", STATUS_USAGE,
		    "'vm' has no verb 'lst'; did you mean 'list'?");
	expect_said("trase", STATUS_USAGE, "did you mean 'trace'?");
	expect_said("vm xyzzy", STATUS_USAGE, "'vm' has no verb 'xyzzy'\n");
	expect_said("vm list --nmes", STATUS_USAGE,
		    "'vm list' takes no --nmes; did you mean 'names'?");
	/* A verb has its own options, not those of others. */
	expect_said("hv info --svg", STATUS_USAGE, "takes no --svg");
	expect_said("hv info vm1", STATUS_USAGE, "takes no 'vm1'");
	expect_said("vm stats a b", STATUS_USAGE, "takes no 'b'");
	expect_said("vm stop", STATUS_USAGE, "needs the name of a VM");
	expect_said("vm stop -x", STATUS_USAGE, "takes no '-x'");
}

static void test_arguments(void **state)
{
	(void)state;
	expect_said("vm stop a --timeout", STATUS_USAGE,
		    "--timeout needs SECONDS");
	expect_said("vm stop a --timeout=", STATUS_USAGE, "needs SECONDS");
	expect_said("vm stop a --timeout soon", STATUS_USAGE,
		    "--timeout soon: must be a whole number");
	expect_said("vm stop a --timeout 9999999999", STATUS_USAGE,
		    "must be a whole number");
	expect_said("vm stop a --timeout -1", STATUS_USAGE,
		    "must be a whole number");
	expect_said("vm list --json=1", STATUS_USAGE,
		    "--json takes no argument");
	expect_said("hv memory --svg --json", STATUS_USAGE, "not both");
	expect_said("hv trace --on --off", STATUS_USAGE, "not both");
	expect_said("hv trace --on --seconds 1", STATUS_USAGE, "leave out");
	expect_said("hv trace --events exit", STATUS_USAGE, "needs --seconds");
}

static void test_help(void **state)
{
	(void)state;
	expect_out("--help", 0, "holm vm stop NAME");
	expect_out("--help", 0, "  4  there is no VM or cell of that name");
	expect_out("vm -h", 0, "usage: holm NOUN VERB");
	expect_out("vm stop --help", 0, "--timeout SECONDS");
	expect_out("trace --help", 0, "--events EVENT,...");
	expect_out("vm list --names --help", 0, "--run-dir DIR");
}

static void expect_near(const char *word, const char *want)
{
	static const char *const right[] = { "list", "stats", "console",
					     "stop" };
	struct nearest n;
	size_t i;

	nearest_init(&n, word);
	for (i = 0; i < 4; i++)
		nearest_try(&n, right[i]);
	assert_string_equal(n.best, want);
}

static void test_nearest(void **state)
{
	char hint[40];
	struct nearest n;

	(void)state;
	expect_near("lisk", "list");
	expect_near("cnsole", "console");
	expect_near("stopx", "stop");
	expect_near("halt", "");
	expect_near("", "");
	expect_near("a word that is much longer than any of those", "");
	nearest_init(&n, "x");
	assert_string_equal(nearest_hint(&n, hint, sizeof(hint)), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_wrong_words, fake_setup),
		cmocka_unit_test_setup(test_arguments, fake_setup),
		cmocka_unit_test_setup(test_help, fake_setup),
		cmocka_unit_test_setup(test_nearest, fake_setup),
	};

	return cmocka_run_group_tests_name("holm parse", tests, NULL, NULL);
}
