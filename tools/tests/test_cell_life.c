/* SPDX-License-Identifier: BSD-2-Clause */
/* holm cell load, start, destroy, list, stats: on a hypervisor of tables. */
#include "fake.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "abi/holm_ioctl.h"

#define CALLS 8

static const struct holm_cell cells[] = {
	{ .id = 0 },
	{ .id = 0 },
	{ .id = 2,
	  .state = HOLM_CELL_RUNNING,
	  .name = "timer",
	  .cpus = 0xc,
	  .mem_bytes = 1 << 20,
	  .denied = { [HOLM_CELL_DENY_PORT] = 5, [HOLM_CELL_DENY_MSR] = 2 },
	  .last_denied = 0x70,
	  .last_reason = HOLM_CELL_DENY_PORT },
};

static struct {
	unsigned long request;
	uint64_t id, to, size;
	char text[32];
} calls[CALLS];
static size_t ncalls;
static int answer;

static int control(unsigned long request, void *arg)
{
	const struct holm_ioc_cell_load *load = arg;

	assert_true(ncalls < CALLS);
	calls[ncalls].request = request;
	calls[ncalls].id = (uintptr_t)arg;
	if (request == HOLM_IOC_CELL_LOAD) {
		calls[ncalls].id = load->id;
		calls[ncalls].to = load->to;
		calls[ncalls].size = load->size;
		memcpy(calls[ncalls].text, (void *)(uintptr_t)load->from,
		       load->size < 32 ? load->size : 31);
	}
	ncalls++;
	return answer;
}

static int setup(void **state)
{
	fake_setup(state);
	fake.cell = cells;
	fake.cells = 3;
	fake.control = control;
	fake.vm[2].exits[HOLM_EXIT_PIO] = 9;
	fake.vm[2].exits[HOLM_EXIT_IOREQ] = 4;
	memset(calls, 0, sizeof(calls));
	ncalls = 0;
	answer = 0;
	return 0;
}

static void test_list(void **state)
{
	(void)state;
	expect_out("cell list", 0, "timer            running    2-3");
	expect_out("cell list", 0, "1 MiB           9           7");
	expect_out("cell list --names", 0, "timer\n");
	expect_out("cell list --json", 0, "\"name\":\"timer\"");
	expect_out("cell list --json", 0, "\"cpus\":[2,3]");
	expect_out("cell list --json", 0, "\"exits_total\":9");
	expect_out("cell list --json", 0, "\"denied_total\":7");
}

static void test_stats(void **state)
{
	(void)state;
	expect_out("cell stats timer", 0,
		   "timer: running, 9 exits, 7 refusals");
	expect_out("cell stats", 0, "last refused: port access 0x70");
	expect_out("cell stats timer --json", 0,
		   "\"model-specific register\":2");
	expect_said("cell stats tiner", 4, "did you mean 'timer'");
	/* A state and a reason that nobody knows, and a name without an end. */
	static const struct holm_cell odd[] = {
		{ .id = 2,
		  .state = 77,
		  .name = "0123456789abcdef",
		  .denied = { 1 },
		  .last_reason = 0xffffffff },
	};
	fake.vm[0].vmid = 2;
	fake.cell = odd;
	fake.cells = 1;
	expect_out("cell stats", 0, "0123456789abcde: unknown");
	expect_out("cell stats --json", 0, "\"last_denied\":\"unknown\"");
}

static void test_steps(void **state)
{
	(void)state;
	expect_out("cell start timer", 0, "timer: started");
	assert_int_equal(calls[0].request, HOLM_IOC_CELL_START);
	assert_int_equal(calls[0].id, 2);
	expect_out("cell shutdown timer --force", 0, "timer: shut down");
	assert_int_equal(calls[1].request, HOLM_IOC_CELL_STOP);
	expect_out("cell destroy timer --json", 0, "\"result\":\"destroyed\"");
	assert_int_equal(calls[2].request, HOLM_IOC_CELL_DESTROY);
	assert_int_equal(calls[2].id, 2);
	expect_said("cell start nobody", 4, "no cell is named 'nobody'");
	expect_said("cell start", 2, "needs the name of a cell");
	assert_int_equal(ncalls, 3);
}

static const struct {
	int err, status;
	const char *said;
} refusals[] = {
	{ -EPERM, 5, "'timer' is not started: its state does not allow it" },
	{ -EBUSY, 5, "'timer' is not started: Device or resource busy" },
	{ -ENOENT, 4, "'timer' is not started" },
	{ -ENOTTY, 1, "'timer' is not started" },
	{ -EACCES, 1, "Permission denied" },
};

static void test_refusals(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		answer = refusals[i].err;
		expect_said("cell start timer", refusals[i].status,
			    refusals[i].said);
		ncalls = 0;
	}
}

static void test_load(void **state)
{
	char path[] = "/tmp/holm-test-XXXXXX", line[128];
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "image", 5), 5);
	snprintf(line, sizeof(line),
		 "cell load timer %s -s --word -a 0x1000 %s -a 4096", path,
		 path);
	expect_out(line, 0, "timer: loaded");
	assert_int_equal(ncalls, 3);
	assert_int_equal(calls[0].id, 2);
	assert_int_equal(calls[0].to, 0xf0000);
	assert_int_equal(calls[0].size, 5);
	assert_string_equal(calls[0].text, "image");
	/* A string goes with its end, whatever it begins with. */
	assert_int_equal(calls[1].to, 0x1000);
	assert_int_equal(calls[1].size, 7);
	assert_string_equal(calls[1].text, "--word");
	assert_int_equal(calls[2].to, 4096);
	/* What is wrong with one piece is known before any is loaded. */
	snprintf(line, sizeof(line), "cell load timer %s -a 12x", path);
	expect_said(line, 2, "-a 12x: must be an address");
	snprintf(line, sizeof(line), "cell load timer %s -a", path);
	expect_said(line, 2, "must be an address");
	expect_said("cell load timer -s", 2, "-s needs a STRING");
	expect_said("cell load timer -b", 2, "takes no '-b' here");
	expect_said("cell load timer", 2, "needs pieces");
	expect_said("cell load timer /nowhere", 1, "No such file");
	expect_said("cell load timer /tmp", 1, "not a file");
	assert_int_equal(ftruncate(fd, 0), 0);
	snprintf(line, sizeof(line), "cell load timer %s", path);
	expect_said(line, 1, "empty");
	assert_int_equal(ncalls, 3);
	close(fd);
	unlink(path);
}

static void test_vms(void **state)
{
	(void)state;
	expect_out("vm list", 0, "   cell  ");
	expect_out("vm list --json", 0, "\"cell\":true");
	fake.vm[2].name[1] = '\0';
	expect_said("vm stop a", 5, "'a' is a cell");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_list, setup),
		cmocka_unit_test_setup(test_stats, setup),
		cmocka_unit_test_setup(test_steps, setup),
		cmocka_unit_test_setup(test_refusals, setup),
		cmocka_unit_test_setup(test_load, setup),
		cmocka_unit_test_setup(test_vms, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
