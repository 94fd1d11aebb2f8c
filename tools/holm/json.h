/* SPDX-License-Identifier: BSD-2-Clause */
/* A writer of JSON: commas and quoting in one place. */
#ifndef HOLM_JSON_H
#define HOLM_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json {
	FILE *out;
	bool comma; /* the next value needs one before it */
};

/** A document of its own: an object with the schema in it, and its end. */
void json_begin(struct json *js, FILE *out, uint64_t schema);
void json_end(struct json *js);

/** Open an object or array; @key is NULL inside an array and at the top. */
void json_open(struct json *js, const char *key, char bracket);
/** Close it with the matching @bracket. */
void json_close(struct json *js, char bracket);
void json_number(struct json *js, const char *key, uint64_t value);
/** Three digits behind the point. */
void json_fixed(struct json *js, const char *key, double value);
void json_bool(struct json *js, const char *key, bool value);
/** @text up to @max bytes or its NUL; control bytes are escaped. */
void json_text(struct json *js, const char *key, const char *text, size_t max);

#endif
