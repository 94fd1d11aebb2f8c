/* SPDX-License-Identifier: BSD-2-Clause */
/* The trace: reading the rings, the lines, the viewers' document. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fake.h"
#include "holm/trace.h"

#define AT(us, e, v, c, ...)                                           \
	{                                                              \
		.tsc = 1000 * (us), .event = HOLM_TRACE_##e, .cpu = 0, \
		.vm = (v), .vcpu = (c), .arg = __VA_ARGS__             \
	}

/* One exit by a port whose answer comes from the device model. */
static const struct holm_trace_record story[] = {
	AT(10, ENTER, 2, 1, { 0x1000 }),
	AT(20, EXIT, 2, 1, { HOLM_EXIT_PIO, 0x1000, 0x3f8 }),
	AT(22, REQUEST, 2, 1, { 0, 0x3f8, 0x101 }),
	AT(23, UPCALL, HOLM_TRACE_NOBODY, HOLM_TRACE_NOBODY, { 0, 0xf3 }),
	AT(28, FINISH, 2, 1, { 2 }),
	AT(30, ANSWER, 2, 1, { 0, 0x3f8 }),
	AT(32, INJECT, 2, 1, { 0, 0x31 }),
	AT(35, ENTER, 2, 1, { 0x1002 }),
	AT(50, EXIT, 2, 1, { HOLM_EXIT_HLT, 0x2000 }),
	AT(51, IDLE, 2, 1, { 3 }),
	AT(91, WAKE, 2, 1, { 3 }),
	AT(95, ENTER, 2, 1, { 0x2001 }),
};

static int setup(void **state)
{
	fake_setup(state);
	fake.rec = story;
	fake.recs = sizeof(story) / sizeof(story[0]);
	strcpy(fake.vm[2].name, "guest");
	return 0;
}

static void test_lines(void **state)
{
	(void)state;
	expect_out("hv trace", 0,
		   "       0.000  CPU 0   2.1    enter "
		   "rip=0x1000\n");
	expect_out("trace", 0,
		   "      10.000  CPU 0   2.1    exit "
		   "reason='port i/o' rip=0x1000 detail=0x3f8\n");
	expect_out("trace", 0,
		   "      13.000  CPU 0   -      upcall "
		   "destination=0 command=0xf3\n");
	expect_out("trace", 0, "inject type='interrupt' vector=0x31");
	assert_int_equal(fake.switched, 0);
	fake.recs = 0;
	expect_out("trace", 0, "");
}

static void test_document(void **state)
{
	static const char *const parts[] = {
		"{\"ph\":\"X\",\"name\":\"guest\",\"pid\":3,\"tid\":1,"
		"\"ts\":0.000,\"dur\":10.000}",
		"{\"ph\":\"X\",\"name\":\"port i/o\",\"pid\":3,\"tid\":1,"
		"\"ts\":10.000,\"dur\":15.000,\"args\":{\"reason\":\"0x6\","
		"\"rip\":\"0x1000\",\"detail\":\"0x3f8\"}}",
		"{\"ph\":\"X\",\"name\":\"wait for the device model\","
		"\"pid\":3,\"tid\":1,\"ts\":12.000,\"dur\":8.000,",
		"{\"ph\":\"X\",\"name\":\"idle\",\"pid\":3,\"tid\":1,"
		"\"ts\":41.000,\"dur\":40.000}",
		"{\"ph\":\"s\",\"name\":\"request\",\"pid\":3,\"tid\":1,"
		"\"cat\":\"request\",\"id\":1,\"ts\":12.000",
		"{\"ph\":\"t\"",
		"{\"ph\":\"f\"",
		"{\"ph\":\"M\",\"name\":\"process_name\",\"pid\":3,\"tid\":1,"
		"\"args\":{\"name\":\"guest\"}}",
		"\"args\":{\"name\":\"vCPU 1 on CPU 0\"}",
		"\"displayTimeUnit\":\"ns\",\"tsc_khz\":1000000",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		expect_out("trace --json", 0, parts[i]);
}

/* What begins before the trace or ends after it has no slice. */
static void test_fragments(void **state)
{
	static const struct holm_trace_record odd[] = {
		AT(1, ANSWER, 2, 1, { 0, 0x3f8 }),
		AT(2, WAKE, 2, 1, { 3 }),
		AT(3, WAKE, HOLM_TRACE_NOBODY, HOLM_TRACE_NOBODY, { 0 }),
		AT(4, EXIT, 2, 1, { 99, 0x1000, 0 }),
		AT(5, REQUEST, 2, 1, { 0, 0x3f8, 1 }),
		AT(6, TAKE_UP, HOLM_TRACE_NOBODY, HOLM_TRACE_NOBODY, { 0 }),
		AT(7, KICK, HOLM_TRACE_NOBODY, HOLM_TRACE_NOBODY, { 1 }),
		{ .tsc = 8000, .event = 999 },
		{ .tsc = 9000, .event = HOLM_TRACE_ENTER, .cpu = 999 },
	};
	char *text;

	(void)state;
	fake.rec = odd;
	fake.recs = sizeof(odd) / sizeof(odd[0]);
	text = fake_run("trace --json");
	assert_int_equal(fake_status, 0);
	assert_null(strstr(text, "\"ph\":\"X\""));
	assert_null(strstr(text, "\"ph\":\"s\""));
	assert_non_null(strstr(text, "\"name\":\"CPU 0\""));
	free(text);
	expect_out("trace", 0, "reason='unknown'");
	expect_out("trace", 0, "unknown\n");
}

static void test_recording(void **state)
{
	char line[80], path[] = "/tmp/holm-trace-XXXXXX";

	(void)state;
	close(mkstemp(path));
	/* All of it came before, so nothing is in the file but its frame. */
	snprintf(line, sizeof(line), "trace --seconds 0 --output %s", path);
	expect_out(line, 0, "12 records, 0 lost");
	expect_out(line, 0,
		   "guest               1   29.4 %   14.1 %    9.4 %   47.1 %");
	snprintf(line, sizeof(line), "trace --seconds 1 --output %s", path);
	expect_out(line, 0, "0 records, 0 lost");
	assert_int_equal(fake.switched, 2);
	assert_int_equal(fake.events, 0);
	unlink(path);
	expect_said("trace --output /nonexistent/x", STATUS_FAILED,
		    "--output /nonexistent/x: No such file");
	fake.trace_err = -EACCES;
	expect_said("trace --seconds 1", STATUS_FAILED, "Permission denied");
}

/* Ctrl-C once the trace is on; @arg: how often it was switched before. */
static void *interrupt(void *arg)
{
	unsigned int before = *(unsigned int *)arg;

	while (__atomic_load_n(&fake.switched, __ATOMIC_SEQ_CST) == before)
		usleep(1000);
	kill(getpid(), SIGINT);
	return NULL;
}

static void test_interrupted(void **state)
{
	unsigned int before = 0;
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, interrupt, &before), 0);
	free(fake_run("trace --seconds 100000"));
	pthread_join(thread, NULL);
	assert_int_equal(fake_status, 0);
	assert_int_equal(fake.switched, 2);
	assert_int_equal(fake.events, 0);
}

static void test_switch(void **state)
{
	(void)state;
	free(fake_run("trace --on"));
	assert_int_equal(fake.events, HOLM_TRACE_ALL);
	free(fake_run("trace --on --events exit,kick"));
	assert_int_equal(fake.events,
			 1ULL << HOLM_TRACE_EXIT | 1ULL << HOLM_TRACE_KICK);
	expect_out("trace --off --json", 0, "\"trace_events\":0");
	assert_int_equal(fake.events, 0);
	expect_said("trace --on --events exit,kik", STATUS_USAGE,
		    "--events kik: there is no such event; did you mean "
		    "'kick'?");
	expect_said("trace --on --events exit,", STATUS_USAGE,
		    "there is no such event");
	assert_int_equal(fake.events, 0);
}

/* A reader that comes too late counts what is gone. */
static void test_loss(void **state)
{
	struct trace_log log = { .ncpus = 2, .tsc_khz = 1 };

	(void)state;
	assert_int_equal(trace_skip(&log, &fake_source), 0);
	assert_int_equal(log.next[0], 12);
	fake.rec_first = 100;
	assert_int_equal(trace_drain(&log, &fake_source), 0);
	assert_int_equal(log.n, 12);
	assert_int_equal(log.lost, 88);
	assert_int_equal(log.next[0], 112);
	assert_int_equal(trace_drain(&log, &fake_source), 0);
	assert_int_equal(log.n, 12);
	trace_free(&log);
}

/* By time over all CPUs; of one CPU at one tick: in its order. */
static void test_order(void **state)
{
	static const struct holm_trace_record mixed[] = {
		{ .tsc = 5, .cpu = 0, .arg = { 1 } },
		{ .tsc = 7, .cpu = 0, .arg = { 2 } },
		{ .tsc = 7, .cpu = 0, .arg = { 3 } },
		{ .tsc = 1, .cpu = 1, .arg = { 4 } },
		{ .tsc = 7, .cpu = 1, .arg = { 5 } },
	};
	static const uint64_t want[] = { 4, 1, 2, 3, 5 };
	struct trace_log log = { .n = 5, .cap = 5 };
	size_t i;

	(void)state;
	log.rec = malloc(sizeof(mixed));
	memcpy(log.rec, mixed, sizeof(mixed));
	assert_int_equal(trace_sort(&log), 0);
	for (i = 0; i < 5; i++)
		assert_int_equal(log.rec[i].arg[0], want[i]);
	trace_free(&log);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_lines, setup),
		cmocka_unit_test_setup(test_document, setup),
		cmocka_unit_test_setup(test_fragments, setup),
		cmocka_unit_test_setup(test_recording, setup),
		cmocka_unit_test_setup(test_interrupted, setup),
		cmocka_unit_test_setup(test_switch, setup),
		cmocka_unit_test_setup(test_loss, setup),
		cmocka_unit_test_setup(test_order, setup),
	};

	return cmocka_run_group_tests_name("holm trace", tests, NULL, NULL);
}
