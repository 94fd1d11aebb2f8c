/* SPDX-License-Identifier: BSD-2-Clause */
/* A failure as a code and as a sentence for the person who can mend it. */
#ifndef CORE_ERROR_H
#define CORE_ERROR_H

struct dm_error {
	char text[320];
};

/**
 * Write the sentence (object, value, rule) and return code, a negative
 * errno, so that a failing function ends in `return dm_fail(...)`.
 */
int dm_fail(struct dm_error *err, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/** Print "acrn-dm: ..." on stderr as one write. */
void dm_msg(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
