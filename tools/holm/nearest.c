/* SPDX-License-Identifier: BSD-2-Clause */
#include "holm/nearest.h"

#include <stdio.h>
#include <string.h>

#define WORD_MAX 31U

static unsigned int least(unsigned int a, unsigned int b, unsigned int c)
{
	unsigned int m = a < b ? a : b;

	return m < c ? m : c;
}

/* Letters to add, drop or change to make one of the other. */
static unsigned int distance(const char *a, const char *b)
{
	unsigned int row[WORD_MAX + 1], corner, above;
	size_t i, j, n = strnlen(b, WORD_MAX);

	for (j = 0; j <= n; j++)
		row[j] = (unsigned int)j;
	for (i = 0; a[i]; i++) {
		corner = row[0];
		row[0] = (unsigned int)i + 1;
		for (j = 1; j <= n; j++) {
			above = row[j];
			row[j] = least(row[j - 1] + 1, above + 1,
				       corner + (a[i] != b[j - 1]));
			corner = above;
		}
	}
	return row[n];
}

void nearest_init(struct nearest *n, const char *word)
{
	n->word = word;
	n->best[0] = '\0';
	n->distance = (unsigned int)strnlen(word, WORD_MAX) / 3 + 2;
}

void nearest_try(struct nearest *n, const char *candidate)
{
	const size_t begun = strlen(n->word);
	unsigned int d = distance(n->word, candidate);

	/* A word that was not written to its end. */
	if (begun > 2 && !strncmp(n->word, candidate, begun))
		d = 1;
	/* A word is not near if most of it is another. */
	if (d >= n->distance || d >= strlen(candidate))
		return;
	n->distance = d;
	snprintf(n->best, sizeof(n->best), "%s", candidate);
}

const char *nearest_hint(const struct nearest *n, char *buf, size_t size)
{
	if (n->best[0])
		snprintf(buf, size, "; did you mean '%s'?", n->best);
	else
		buf[0] = '\0';
	return buf;
}
