/* SPDX-License-Identifier: BSD-2-Clause */
/* What the fuzzers of descriptions have in common. */
#ifndef FUZZ_CELL_AGAIN_H
#define FUZZ_CELL_AGAIN_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cell/compile.h"

#define CHECK(cond)              \
	do {                     \
		if (!(cond))     \
			abort(); \
	} while (0)

/** NULL: it names a CPU that this machine does not have. */
static inline struct holm_cell_desc *compile(const struct cell_config *cfg)
{
	struct holm_cell_desc *d = NULL;
	int rc = cell_compile(cfg, NULL, 0, &d);

	CHECK(rc == 0 || rc == -ENOENT);
	return d;
}

/**
 * What was found sound compiles; and the blob says the same as the text, so it
 * compiles to itself.
 */
static inline void check_again(const struct cell_config *cfg)
{
	struct holm_cell_desc *d = compile(cfg), *same;
	struct report r = { .n = 0 };
	struct cell_config *again;

	if (!d)
		return;
	CHECK(cell_config_read("again", d, d->size, &again, &r) == 0);
	CHECK(r.n == 0);
	CHECK(cell_config_pages(again) == cell_config_pages(cfg));
	same = compile(again);
	CHECK(same && same->size == d->size);
	CHECK(memcmp(same, d, d->size) == 0);
	cell_config_free(again);
	free(same);
	free(d);
}

/** Sound, or every mistake with a sentence and a place. */
static inline void check_any(const void *data, size_t size)
{
	struct report r = { .n = 0 };
	struct cell_config *cfg;
	int rc = cell_config_read("fuzz", data, size, &cfg, &r);
	size_t i;

	CHECK((rc == 0) == (r.errors == 0));
	CHECK((rc == 0) == (cfg != NULL));
	for (i = 0; i < r.n; i++)
		CHECK(r.problem[i].text && r.problem[i].text[0]);
	if (cfg)
		check_again(cfg);
	cell_config_free(cfg);
	report_free(&r);
}

#endif
