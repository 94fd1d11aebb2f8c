/* SPDX-License-Identifier: BSD-2-Clause */
/* Talking to cells: what they print, and whether they may be shut down. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "abi/cell_comm.h"
#include "abi/holm_ioctl.h"
#include "fake.h"

#define SLOT 3U

static struct holm_comm comm;
static const struct holm_cell table[SLOT + 1] = {
	[SLOT] = { .id = 7, .name = "talker", .state = HOLM_CELL_LOCKED },
};
static int comm_err;         /* of the query */
static unsigned int queries; /* of it so far */
static void (*before_query)(void);
static int ask_err;
static unsigned int asked, stopped;
static uint64_t ended; /* argument of DESTROY */

static int own(uint32_t subject, uint32_t index, uint64_t from, void *buf,
	       uint32_t len)
{
	(void)from;
	if (subject != HOLM_QUERY_CELL_COMM)
		return -ENOSYS;
	assert_int_equal(index, SLOT);
	assert_int_equal(len, sizeof(comm));
	queries++;
	if (before_query)
		before_query();
	if (comm_err)
		return comm_err;
	memcpy(buf, &comm, sizeof(comm));
	return sizeof(comm);
}

static int control(unsigned long request, void *arg)
{
	const struct holm_ioc_cell_ask *ask = arg;

	if (request == HOLM_IOC_CELL_STOP) {
		assert_int_equal((uintptr_t)arg, 7);
		stopped++;
		return 0;
	}
	if (request == HOLM_IOC_CELL_DESTROY) {
		ended = (uintptr_t)arg;
		return 0;
	}
	assert_int_equal(request, HOLM_IOC_CELL_ASK);
	assert_int_equal(ask->id, 7);
	assert_int_equal(ask->message, HOLM_COMM_SHUTDOWN);
	asked++;
	if (!ask_err)
		comm.message = HOLM_COMM_SHUTDOWN;
	return ask_err;
}

static int setup(void **state)
{
	fake_setup(state);
	fake.cell = table;
	fake.cells = SLOT + 1;
	fake.own = own;
	fake.control = control;
	memset(&comm, 0, sizeof(comm));
	before_query = NULL;
	comm_err = ask_err = 0;
	asked = stopped = queries = 0;
	ended = 0;
	return 0;
}

static void prints(const char *text, size_t n)
{
	while (n--)
		comm.console[comm.console_head++ % HOLM_COMM_CONSOLE] =
			(uint8_t)*text++;
}

#define PRINTS(text) prints(text, sizeof(text) - 1)

static void expect_console(const char *options, const char *want)
{
	char line[64], *text;

	snprintf(line, sizeof(line), "cell console talker%s", options);
	text = fake_run(line);
	assert_string_equal(text, want);
	assert_int_equal(fake_status, 0);
	free(text);
}

static void console(void **state)
{
	(void)state;
	expect_console("", "");
	PRINTS("hello\nworld");
	expect_console("", "hello\nworld");
	expect_console(" --json",
		       "{\"schema\":1,\"name\":\"talker\",\"state\":\"locked\","
		       "\"written\":11,\"lost\":0,"
		       "\"text\":\"hello\\u000aworld\"}\n");
	expect_said("cell console talk", 4, "did you mean");
	expect_said("cell console talker --json --follow", 2, "do not go");
	comm_err = -ENOENT;
	expect_said("cell console talker", 5, "no communication region");
}

/* What would command a terminal is shown, not sent. */
static void hostile_bytes(void **state)
{
	(void)state;
	PRINTS("a\x1b[2J\x07\r\n\x9b\xc2\x9b\x7f\0\tb");
	expect_console("", "a\\x1b[2J\\x07\n\\x9b\\xc2\\x9b\\x7f\\x00\tb");
	expect_console(" --json",
		       "{\"schema\":1,\"name\":\"talker\",\"state\":\"locked\","
		       "\"written\":15,\"lost\":0,"
		       "\"text\":\"a\\u001b[2J\\u0007\\u000d\\u000a\\u009b"
		       "\\u00c2\\u009b\\u007f\\u0009b\"}\n");
}

static void lost_bytes(void **state)
{
	char *text;

	(void)state;
	for (int i = 0; i < 500; i++)
		PRINTS("0123456789");
	text = fake_run("cell console talker");
	assert_int_equal(strncmp(text, "... 2952 bytes lost\n", 20), 0);
	assert_int_equal(strlen(text), 20 + HOLM_COMM_CONSOLE);
	assert_string_equal(text + strlen(text) - 10, "0123456789");
	free(text);
}

static void prints_meanwhile(void)
{
	if (queries % 2 == 0)
		for (int i = 0; i < 100; i++)
			PRINTS("0123456789");
}

/* Between the two looks it overwrites what the first one saw. */
static void overwritten_bytes(void **state)
{
	char *text;

	(void)state;
	for (int i = 0; i < 200; i++)
		PRINTS("0123456789");
	before_query = prints_meanwhile;
	text = fake_run("cell console talker");
	assert_int_equal(strncmp(text, "... 952 bytes lost\n", 19), 0);
	assert_int_equal(strlen(text), 19 + 2000 - 952);
	free(text);
	comm.console_head = ~0ULL - 5;
	before_query = NULL;
	text = fake_run("cell console talker");
	assert_int_equal(fake_status, 0);
	free(text);
}

static void approves(void)
{
	if (comm.message && queries % 3 == 0) {
		comm.reply = HOLM_COMM_APPROVED;
		comm.message = 0;
	}
}

static void denies(void)
{
	comm.reply = HOLM_COMM_DENIED;
	comm.message = 0;
}

static void is_asked(void **state)
{
	(void)state;
	before_query = approves;
	expect_out("cell shutdown talker", 0, "talker: shut down");
	assert_int_equal(asked, 1);
	assert_int_equal(stopped, 1);
	before_query = denies;
	expect_said("cell shutdown talker", 5, "does not agree");
	assert_int_equal(stopped, 1);
	before_query = NULL;
	expect_said("cell shutdown talker --timeout 0", 6, "has not answered");
	assert_int_equal(stopped, 1);
	ask_err = -EBUSY;
	expect_said("cell shutdown talker --timeout 0", 6, "has not answered");
	asked = 0;
	expect_out("cell shutdown talker --force", 0, "talker: shut down");
	assert_int_equal(asked, 0);
	assert_int_equal(stopped, 2);
}

static void nobody_to_ask(void **state)
{
	static const int errs[] = { -EPERM, -ENOTTY, -ENOENT };

	(void)state;
	for (size_t i = 0; i < sizeof(errs) / sizeof(errs[0]); i++) {
		ask_err = errs[i];
		expect_out("cell shutdown talker", 0, "talker: shut down");
		assert_int_equal(stopped, i + 1);
	}
	ask_err = -EACCES;
	expect_said("cell shutdown talker", 1, "Permission");
}

static void destroys_by_force(void **state)
{
	(void)state;
	expect_out("cell destroy talker", 0, "destroyed");
	assert_int_equal(ended, 7);
	expect_out("cell destroy talker --force", 0, "destroyed");
	assert_int_equal(ended, 7 | HOLM_IOC_CELL_FORCE);
}

#define TEST(f) cmocka_unit_test_setup(f, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(console),           TEST(hostile_bytes),
		TEST(lost_bytes),        TEST(overwritten_bytes),
		TEST(is_asked),          TEST(nobody_to_ask),
		TEST(destroys_by_force),
	};

	return cmocka_run_group_tests_name("talking to cells", tests, NULL,
					   NULL);
}
