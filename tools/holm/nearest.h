/* SPDX-License-Identifier: BSD-2-Clause */
/* "Did you mean ...?" */
#ifndef HOLM_NEAREST_H
#define HOLM_NEAREST_H

#include <stddef.h>

struct nearest {
	const char *word; /* what was given */
	char best[32];    /* empty: nothing is near */
	unsigned int distance;
};

void nearest_init(struct nearest *n, const char *word);

/** Look at one word that would have been right. */
void nearest_try(struct nearest *n, const char *candidate);

/** "; did you mean 'X'?" or nothing, into @buf, which it returns. */
const char *nearest_hint(const struct nearest *n, char *buf, size_t size);

#endif
