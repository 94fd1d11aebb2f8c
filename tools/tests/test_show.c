/* SPDX-License-Identifier: BSD-2-Clause */
/* What the verbs print, and what they make of wrong answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "holm/json.h"
#include "holm/show.h"

struct fake {
	int short_by; /* bytes missing from each answer */
	const char *log;
};

static const struct holm_info fake_info = {
	.version = 0x00010203,
	.ncpus = 2,
	.hv_base = 0x10000000,
	.hv_size = 4 << 20,
	.image_size = 200 << 10,
	.pool_pages = 900,
	.pool_used = 100,
	.ram_bytes = 2048ULL << 20,
	.tsc_khz = 1000000,
	.nvms = 2,
	.boot_tsc = { 1000000, 26000000, 0, 0 },
};

static const struct holm_cpu fake_cpus[] = {
	{ .lapic_id = 0, .owner_vm = 0, .exits = 10 },
	{ .lapic_id = 2, .owner_vm = HOLM_NO_VM, .mode = 2 },
};

static const struct holm_vm fake_vms[] = {
	{ .slot = 0,
	  .name = "service",
	  .state = HOLM_VM_RUNNING,
	  .nvcpus = 3,
	  .cpus = 0x0d,
	  .mem_bytes = 1024ULL << 20,
	  .exits = { [HOLM_EXIT_CPUID] = 30, [HOLM_EXIT_PIO] = 10 } },
	{ .slot = 1 },
	{ .slot = 2, .name = "a\"b", .state = 99, .vmid = 2 },
};

static int answer(struct fake *f, const void *what, size_t size, void *buf,
		  uint32_t len)
{
	size_t n = size - (size_t)f->short_by;

	n = n < len ? n : len;
	memcpy(buf, what, n);
	return (int)n;
}

static int fake_query(void *ctx, uint32_t subject, uint32_t index, void *buf,
		      uint32_t len)
{
	struct fake *f = ctx;

	if (subject == HOLM_QUERY_INFO)
		return answer(f, &fake_info, sizeof(fake_info), buf, len);
	if (subject == HOLM_QUERY_CPU && index < 2)
		return answer(f, &fake_cpus[index], sizeof(fake_cpus[0]), buf,
			      len);
	if (subject == HOLM_QUERY_VM && index < 3)
		return answer(f, &fake_vms[index], sizeof(fake_vms[0]), buf,
			      len);
	if (subject == HOLM_QUERY_LOG && index < strlen(f->log))
		return answer(
			f, f->log + index,
			strlen(f->log + index) < 7 ? strlen(f->log + index) : 7,
			buf, len);
	return -ENOENT;
}

/* Runs a verb; the caller frees what it printed. */
static char *run(int (*fn)(const struct show *), const char *name, bool json,
		 int *err)
{
	struct fake f = { .log = "first line\nsecond line\n" };
	struct source src = { fake_query, &f };
	struct show sh = { .src = &src, .json = json, .name = name };
	char *text = NULL;
	size_t size;

	sh.out = open_memstream(&text, &size);
	*err = fn(&sh);
	fclose(sh.out);
	return text;
}

static void expect_in(char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("'%s' is not in:\n%s", part, text);
	free(text);
}

static void test_tables(void **state)
{
	int err;

	(void)state;
	expect_in(run(show_info, NULL, false, &err),
		  "Holm 1.2.3 on SVM, 2 CPUs, 2048 MiB RAM");
	expect_in(run(show_info, NULL, false, &err), "after 25.0 ms");
	expect_in(run(show_vms, NULL, false, &err),
		  "   0  service          running       3  0,2-3 ");
	expect_in(run(show_vms, NULL, false, &err), "unknown");
	expect_in(run(show_cpus, NULL, false, &err),
		  "  1      2  -         idle");
	expect_in(run(show_stats, "service", false, &err),
		  "cpuid                                  30   75.0 %");
	assert_int_equal(err, 0);
}

static void test_json(void **state)
{
	int err;

	(void)state;
	expect_in(run(show_vms, NULL, true, &err),
		  "{\"schema\":1,\"vms\":[{\"slot\":0,\"vmid\":0,"
		  "\"name\":\"service\",\"state\":\"running\",\"vcpus\":3,"
		  "\"cpus\":[0,2,3],");
	expect_in(run(show_vms, NULL, true, &err), "\"name\":\"a\\\"b\"");
	expect_in(run(show_cpus, NULL, true, &err),
		  "{\"cpu\":1,\"lapic_id\":2,\"mode\":\"idle\"");
	expect_in(run(show_info, NULL, true, &err), "\"hv_bytes\":4194304");
	assert_int_equal(err, 0);
}

static void test_free_slot_is_skipped(void **state)
{
	int err;
	char *text = run(show_vms, NULL, false, &err);
	size_t i, lines = 0;

	(void)state;
	for (i = 0; text[i]; i++)
		lines += text[i] == '\n';
	assert_int_equal(lines, 3);
	free(text);
}

static void test_unknown_vm(void **state)
{
	int err;

	(void)state;
	free(run(show_stats, "nobody", false, &err));
	assert_int_equal(err, -ENOENT);
}

static void test_log_is_joined(void **state)
{
	int err;
	char *text = run(show_log, NULL, false, &err);

	(void)state;
	assert_int_equal(err, 0);
	assert_string_equal(text, "first line\nsecond line\n");
	free(text);
}

static void test_short_answer_is_refused(void **state)
{
	struct fake f = { .short_by = 8, .log = "" };
	struct source src = { fake_query, &f };
	struct holm_info info;

	(void)state;
	assert_int_equal(
		source_read(&src, HOLM_QUERY_INFO, 0, &info, sizeof(info)),
		-EPROTO);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_free_slot_is_skipped),
		cmocka_unit_test(test_unknown_vm),
		cmocka_unit_test(test_log_is_joined),
		cmocka_unit_test(test_short_answer_is_refused),
		cmocka_unit_test(test_json_escapes),
	};

	return cmocka_run_group_tests_name("holm show", tests, NULL, NULL);
}
