/* SPDX-License-Identifier: BSD-2-Clause */
#include "lib/cmdline.h"

#include "lib/memmap.h"
#include "lib/string.h"

#define LENGTH 1024

/* Behind @name and @next, where that stands at a word's begin; or NULL. */
static const char *find(const char *name, char next)
{
	const char *line = (const char *)INMATE_CMDLINE;
	size_t len = strlen(name);
	const char *p = line;

	while (p + len < line + LENGTH && *p) {
		bool begins = p == line || p[-1] == ' ';

		if (begins && strncmp(p, name, len) == 0 &&
		    (p[len] == next || (next == ' ' && !p[len])))
			return p + len + 1;
		p++;
	}
	return NULL;
}

bool cmdline_has(const char *word)
{
	return find(word, ' ') != NULL;
}

static u32 digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return (u32)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (u32)(c - 'a') + 10;
	return 16;
}

u64 cmdline_number(const char *name, u64 otherwise)
{
	const char *p = find(name, '=');
	u32 base = 10;
	u64 v = 0;

	if (!p)
		return otherwise;
	if (p[0] == '0' && p[1] == 'x') {
		base = 16;
		p += 2;
	}
	for (; digit_of(*p) < base; p++)
		v = v * base + digit_of(*p);
	return v;
}
