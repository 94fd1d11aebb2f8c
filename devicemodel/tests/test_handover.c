/* SPDX-License-Identifier: BSD-2-Clause */
/* CPUs handed over through files, as drivers have them. */
#include "core/handover.h"
#include "tests/test.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[] = "/tmp/holm-handover-XXXXXX";
static char driver[64], cpus[64];
static struct handover_paths paths;
static struct dm_error err;

static void path_of(char *path, const char *name)
{
	(void)snprintf(path, PATH_MAX, "%s/%s", dir, name);
}

static void make_file(const char *name)
{
	char path[PATH_MAX];

	path_of(path, name);
	assert_int_equal(close(open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600)),
			 0);
}

/* A file that cannot be written: its reader is gone. */
static void make_unwritable(const char *name)
{
	char path[PATH_MAX];

	path_of(path, name);
	(void)unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
}

static void holds(const char *name, const char *want)
{
	char path[PATH_MAX], got[64] = "";
	ssize_t n;
	int fd;

	path_of(path, name);
	fd = open(path, O_RDONLY);
	n = read(fd, got, sizeof(got) - 1);
	assert_int_equal(n, strlen(want));
	assert_string_equal(got, want);
	close(fd);
}

static void make_dir(const char *name)
{
	char path[PATH_MAX];

	path_of(path, name);
	assert_int_equal(mkdir(path, 0700), 0);
}

static int setup(void **state)
{
	(void)state;
	strcpy(dir, "/tmp/holm-handover-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	(void)snprintf(driver, sizeof(driver), "%s/driver", dir);
	(void)snprintf(cpus, sizeof(cpus), "%s/cpu", dir);
	paths = (struct handover_paths){ driver, cpus };
	make_dir("driver");
	make_dir("cpu");
	make_dir("cpu/cpu2");
	make_dir("cpu/cpu3");
	make_file("driver/remove_cpu");
	make_file("cpu/cpu2/online");
	make_file("cpu/cpu3/online");
	return 0;
}

static int teardown(void **state)
{
	char command[128];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	return system(command);
}

static void test_whose_task(void **state)
{
	(void)state;
	assert_true(handover_is_ours(&paths, true));
	assert_false(handover_is_ours(&paths, false));
	make_file("driver/cpus_taken");
	assert_false(handover_is_ours(&paths, true));
}

static void test_no_driver(void **state)
{
	const struct handover_paths none = { "/tmp/holm-no-such", cpus };

	(void)state;
	assert_false(handover_is_ours(&none, true));
}

static void test_there_and_back(void **state)
{
	const struct cpu_choice c = { .affinity = 0xc, .online = 0x8 };

	(void)state;
	assert_int_equal(handover_take(&paths, &c, &err), 0);
	holds("driver/remove_cpu", "3");
	handover_return(&paths, &c);
	holds("cpu/cpu3/online", "1");
	/* Offline before: somebody else's to bring back. */
	holds("cpu/cpu2/online", "");
}

static void test_refused(void **state)
{
	const struct cpu_choice c = { .affinity = 0xc, .online = 0xc };

	(void)state;
	make_unwritable("driver/remove_cpu");
	assert_int_equal(handover_take(&paths, &c, &err), -EISDIR);
	assert_non_null(strstr(err.text, "CPU 2 cannot be handed over"));
	holds("cpu/cpu2/online", "");
	holds("cpu/cpu3/online", "");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test_setup_teardown(test_whose_task, setup, teardown),
	cmocka_unit_test_setup_teardown(test_no_driver, setup, teardown),
	cmocka_unit_test_setup_teardown(test_there_and_back, setup, teardown),
	cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
};

int main(void)
{
	return cmocka_run_group_tests_name("handover", tests, NULL, NULL);
}
