/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any command line of holm, words separated by zeroes: it finds a command
 * whose rules the options keep, or says in a sentence why not.
 */
#include <stdlib.h>
#include <string.h>

#include "holm/parse.h"
#include "holm/trace.h"

#define CHECK(cond)              \
	do {                     \
		if (!(cond))     \
			abort(); \
	} while (0)
#define WORDS_MAX 24

static void check_command(const struct holm *h, const struct command *c)
{
	CHECK(c->fn);
	/* "NAME" is a must, "[NAME]" a may, and "" a must not. */
	CHECK(strcmp(c->arg, "NAME") || h->name);
	CHECK(*c->arg || !h->name);
	CHECK(!h->opt.svg || strstr(c->options, "svg"));
	CHECK(!h->opt.force || strstr(c->options, "force"));
	CHECK(!h->opt.port || strstr(c->options, "port"));
	if (h->opt.events)
		trace_parse_events(h, h->opt.events);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *argv[WORDS_MAX + 2], *p;
	char *out = NULL, *err = NULL;
	size_t out_len, err_len;
	struct holm h = { .out = open_memstream(&out, &out_len),
			  .err = open_memstream(&err, &err_len) };
	const struct command *c;
	int argc = 0, status = -1;

	CHECK(text && h.out && h.err);
	memcpy(text, data, size);
	text[size] = 0;
	argv[argc++] = (char *)"holm";
	for (p = text; p < text + size && argc <= WORDS_MAX; p += strlen(p) + 1)
		argv[argc++] = p;
	argv[argc] = NULL;
	c = parse(&h, argc, argv, &status);
	if (c)
		check_command(&h, c);
	fclose(h.out);
	fclose(h.err);
	CHECK(c || (status == STATUS_DONE && out_len) ||
	      (status == STATUS_USAGE && err_len));
	free(out);
	free(err);
	free(text);
	return 0;
}
