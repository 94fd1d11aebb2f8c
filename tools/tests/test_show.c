/* SPDX-License-Identifier: BSD-2-Clause */
/* What the commands print, and what they make of wrong answers. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fake.h"
#include "holm/json.h"
#include "holm/names.h"

static void test_tables(void **state)
{
	(void)state;
	expect_out("hv info", 0, "Holm 1.2.3 on SVM, 2 CPUs, 2048 MiB RAM");
	expect_out("hv info", 0, "after 25.0 ms, up 2m04s");
	expect_out("hv info", 0, "trace: off");
	expect_out("vm list", 0,
		   "   0  service          running       3  0,2-3");
	expect_out("vm list", 0, "unknown");
	expect_out("vm list", 0, "   2m04s");
	expect_out("cpu list", 0, "  1      2  -         idle");
	expect_out("vm stats service", 0, "service: 40 exits");
	expect_out("vm stats service", 0,
		   "cpuid                                  30   75.0 %");
	expect_out("vm stats service", 0,
		   "injected: nmi                           3");
	expect_out("vm list --names", 0, "service\na\"b\n");
}

static void test_json(void **state)
{
	(void)state;
	expect_out("vm list --json", 0,
		   "{\"schema\":1,\"vms\":[{\"slot\":0,\"vmid\":0,"
		   "\"name\":\"service\",\"state\":\"running\","
		   "\"cell\":false,\"vcpus\":3,"
		   "\"cpus\":[0,2,3],");
	expect_out("vm list --json", 0, "\"name\":\"a\\\"b\"");
	expect_out("vm list --json", 0, "\"uptime_seconds\":124");
	expect_out("vm stats --json", 0,
		   "\"injects\":{\"interrupt\":0,"
		   "\"nmi\":3,\"exception\":0}");
	expect_out("cpu list --json", 0,
		   "{\"cpu\":1,\"lapic_id\":2,\"mode\":\"idle\"");
	expect_out("hv info --json", 0, "\"hv_bytes\":4194304");
	expect_out("hv log --json", 0,
		   "\"lines\":[{\"level\":\"info\",\"text\":\"first line\"},"
		   "{\"level\":\"guest\",\"text\":\"second line\"}]}");
}

static void test_free_slot_is_skipped(void **state)
{
	char *text = fake_run("vm list");
	size_t i, lines = 0;

	(void)state;
	for (i = 0; text[i]; i++)
		lines += text[i] == '\n';
	assert_int_equal(lines, 3);
	free(text);
}

static void test_unknown_vm(void **state)
{
	(void)state;
	expect_said("vm stats nobody", STATUS_NOT_FOUND,
		    "holm: no VM is named 'nobody'\n");
	expect_said("vm stats servise", STATUS_NOT_FOUND,
		    "; did you mean 'service'?");
	expect_said("vm stop service", STATUS_BUSY, "is the Service VM");
	expect_said("vm stop a\"b --run-dir /nonexistent", STATUS_BUSY,
		    "no device model of 'a\"b' answers");
}

static void test_log_is_joined(void **state)
{
	char *text = fake_run("hv log");

	(void)state;
	assert_int_equal(fake_status, 0);
	assert_string_equal(text, fake.log);
	free(text);
}

static void test_short_answer_is_refused(void **state)
{
	static const char *const lines[] = { "hv info", "cpu list", "vm list",
					     "vm stats", "hv memory" };
	size_t i;

	(void)state;
	fake.short_by = 8;
	for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		expect_said(lines[i], STATUS_FAILED, "belong together?");
}

static void test_interval(void **state)
{
	(void)state;
	/* The second look finds nothing new, and nothing else. */
	expect_out("vm stats service --interval 1 --count 2", 0,
		   "service: 0 exits");
	expect_said("vm stats --count 2", STATUS_USAGE, "needs --interval");
}

static void test_json_escapes(void **state)
{
	char *text = NULL;
	size_t size;
	struct json js = { .out = open_memstream(&text, &size) };

	(void)state;
	json_text(&js, NULL, "a\n\x80", 16);
	fclose(js.out);
	assert_string_equal(text, "\"a\\u000a\\u0080\"");
	free(text);
}

static void expect_form(void (*form)(uint64_t, char *, size_t), uint64_t n,
			const char *want)
{
	char buf[32];

	form(n, buf, sizeof(buf));
	assert_string_equal(buf, want);
}

static void test_forms(void **state)
{
	char cpus[64];

	(void)state;
	expect_form(format_size, 0, "0 B");
	expect_form(format_size, 4096, "4 KiB");
	expect_form(format_size, 3ULL << 20, "3 MiB");
	expect_form(format_size, (1ULL << 30) + 1024, "1048577 KiB");
	expect_form(format_time, 59, "59s");
	expect_form(format_time, 187, "3m07s");
	expect_form(format_time, 7500, "2h05m");
	expect_form(format_time, 100 * 3600, "4d04h");
	format_cpus(0, cpus, sizeof(cpus));
	assert_string_equal(cpus, "-");
	format_cpus(0x8000000000000003, cpus, sizeof(cpus));
	assert_string_equal(cpus, "0-1,63");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_tables, fake_setup),
		cmocka_unit_test_setup(test_json, fake_setup),
		cmocka_unit_test_setup(test_free_slot_is_skipped, fake_setup),
		cmocka_unit_test_setup(test_unknown_vm, fake_setup),
		cmocka_unit_test_setup(test_log_is_joined, fake_setup),
		cmocka_unit_test_setup(test_short_answer_is_refused,
				       fake_setup),
		cmocka_unit_test_setup(test_interval, fake_setup),
		cmocka_unit_test_setup(test_json_escapes, fake_setup),
		cmocka_unit_test_setup(test_forms, fake_setup),
	};

	return cmocka_run_group_tests_name("holm show", tests, NULL, NULL);
}
