/* SPDX-License-Identifier: BSD-2-Clause */
#include "fake.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "holm/parse.h"

#define WORDS_MAX 16

struct fake fake;
char fake_said[1024];
int fake_status;

static const struct fake fresh = {
	.log = "Holm: first line\nHolm: guest: second line\n",
	.info = {
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
		.boot_tsc = { 1000000, 26000000 },
		.tsc_now = 125000000000,
	},
	.cpu = {
		{ .lapic_id = 0, .owner_vm = 0, .exits = 10 },
		{ .lapic_id = 2, .owner_vm = HOLM_NO_VM, .mode = 2 },
	},
	.vm = {
		{ .slot = 0,
		  .name = "service",
		  .state = HOLM_VM_RUNNING,
		  .nvcpus = 3,
		  .cpus = 0x0d,
		  .mem_bytes = 1024ULL << 20,
		  .exits = { [HOLM_EXIT_CPUID] = 30, [HOLM_EXIT_PIO] = 10,
			     [HOLM_EXIT_IOREQ] = 7 },
		  .injects = { [HOLM_INJECT_NMI] = 3 } },
		{ .slot = 1 },
		{ .slot = 2, .name = "a\"b", .state = 99, .vmid = 2,
		  .start_tsc = 1000000000 },
	},
	.vms = 3,
};

static int answer(const void *what, size_t size, void *buf, uint32_t len)
{
	size_t n = size - (size_t)fake.short_by;

	n = n < len ? n : len;
	memcpy(buf, what, n);
	return (int)n;
}

int fake_answer(const void *what, size_t size, uint64_t from, void *buf,
		uint32_t len)
{
	if (from >= size)
		return -ENOENT;
	return answer((const char *)what + from, size - from, buf, len);
}

static int answer_log(uint32_t index, void *buf, uint32_t len)
{
	size_t left = strlen(fake.log);

	if (index >= left)
		return 0;
	left -= index;
	/* In small pieces, so that they must be joined. */
	return answer(fake.log + index, left < 7 ? left : 7, buf, len);
}

static int answer_array(const void *items, size_t n, size_t first, size_t size,
			void *buf, uint32_t len)
{
	size_t fit = len / size;

	if (first >= n)
		return -ENOENT;
	n = n - first < fit ? n - first : fit;
	memcpy(buf, (const char *)items + first * size, n * size);
	return (int)(n * size);
}

/* Two at once, whatever would fit. */
static int answer_map(uint64_t from, void *buf, uint32_t len)
{
	size_t i = 0, fit = 2 * sizeof(fake.map[0]);

	while (i < fake.maps && fake.map[i].gpa + fake.map[i].size <= from)
		i++;
	return answer_array(fake.map, fake.maps, i, sizeof(fake.map[0]), buf,
			    len < fit ? len : (uint32_t)fit);
}

static int answer_trace(uint64_t from, void *buf, uint32_t len)
{
	uint64_t head = fake.rec_first + fake.recs;
	struct holm_trace_part part = { .head = head, .first = from };
	int n;

	if (from < fake.rec_first)
		part.first = fake.rec_first;
	if (part.first > head)
		part.first = head;
	memcpy(buf, &part, sizeof(part));
	n = answer_array(fake.rec, fake.recs,
			 (size_t)(part.first - fake.rec_first),
			 sizeof(fake.rec[0]), (char *)buf + sizeof(part),
			 len - (uint32_t)sizeof(part));
	return (int)sizeof(part) + (n > 0 ? n : 0);
}

static int fake_query(void *ctx, uint32_t subject, uint32_t index,
		      uint64_t from, void *buf, uint32_t len)
{
	int got = -ENOSYS;

	(void)ctx;
	if (fake.own)
		got = fake.own(subject, index, from, buf, len);
	if (got != -ENOSYS)
		return got;
	if (subject == HOLM_QUERY_INFO)
		return answer(&fake.info, sizeof(fake.info), buf, len);
	if (subject == HOLM_QUERY_CPU && index < 2)
		return answer(&fake.cpu[index], sizeof(fake.cpu[0]), buf, len);
	if (subject == HOLM_QUERY_VM && index == 2 && fake.gone && fake.gone())
		return -ENOENT;
	if (subject == HOLM_QUERY_VM && index < fake.vms)
		return answer(&fake.vm[index], sizeof(fake.vm[0]), buf, len);
	if (subject == HOLM_QUERY_CELL && index < fake.cells)
		return answer(&fake.cell[index], sizeof(fake.cell[0]), buf,
			      len);
	if (subject == HOLM_QUERY_LOG)
		return answer_log(index, buf, len);
	if (subject == HOLM_QUERY_MAP)
		return answer_array(fake.range, fake.ranges, index,
				    sizeof(fake.range[0]), buf, len);
	if (subject == HOLM_QUERY_VM_MAP && index == 2)
		return answer_map(from, buf, len);
	if (subject == HOLM_QUERY_TRACE && index == 0)
		return answer_trace(from, buf, len);
	if (subject == HOLM_QUERY_TRACE && index == 1)
		return answer(&(struct holm_trace_part){ 0 },
			      sizeof(struct holm_trace_part), buf, len);
	return -ENOENT;
}

static int fake_set_trace(void *ctx, uint64_t events)
{
	(void)ctx;
	if (fake.trace_err)
		return fake.trace_err;
	fake.switched++;
	fake.events = events;
	fake.info.trace_events = events;
	return 0;
}

static int fake_control(void *ctx, unsigned long request, void *arg)
{
	(void)ctx;
	return fake.control ? fake.control(request, arg) : -ENOTTY;
}

struct source fake_source = { fake_query, fake_set_trace, fake_control, NULL };

char *fake_report(struct report *r)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	report_print(r, out);
	fclose(out);
	report_free(r);
	return text;
}

int fake_setup(void **state)
{
	(void)state;
	fake = fresh;
	return 0;
}

char *fake_run(const char *line)
{
	char copy[256], *argv[WORDS_MAX] = { copy }, *text = NULL;
	struct holm h = { .src = &fake_source };
	const struct command *c;
	size_t size;
	int argc = 1;

	snprintf(copy, sizeof(copy), "holm %s", line);
	strtok(copy, " ");
	while (argc < WORDS_MAX - 1 && (argv[argc] = strtok(NULL, " ")))
		argc++;
	argv[argc] = NULL;
	memset(fake_said, 0, sizeof(fake_said));
	h.out = open_memstream(&text, &size);
	h.err = fmemopen(fake_said, sizeof(fake_said) - 1, "w");
	c = parse(&h, argc, argv, &fake_status);
	if (c)
		fake_status = c->fn(&h);
	fclose(h.out);
	fclose(h.err);
	return text;
}

static void expect_in(const char *text, const char *part, const char *line)
{
	if (!strstr(text, part))
		fail_msg("holm %s: '%s' is not in:\n%s", line, part, text);
}

void expect_out(const char *line, int status, const char *part)
{
	char *text = fake_run(line);

	expect_in(text, part, line);
	assert_int_equal(fake_status, status);
	free(text);
}

void expect_said(const char *line, int status, const char *part)
{
	free(fake_run(line));
	expect_in(fake_said, part, line);
	assert_int_equal(fake_status, status);
}
