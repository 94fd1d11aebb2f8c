/* SPDX-License-Identifier: BSD-2-Clause */
#include "holm/json.h"

#include <inttypes.h>

static void write_text(FILE *out, const char *text, size_t max)
{
	size_t i;

	fputc('"', out);
	for (i = 0; i < max && text[i]; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c < 0x20 || c >= 0x7f)
			fprintf(out, "\\u%04x", c);
		else
			fputc(c, out);
	}
	fputc('"', out);
}

static void start_value(struct json *js, const char *key)
{
	if (js->comma)
		fputc(',', js->out);
	js->comma = true;
	if (!key)
		return;
	write_text(js->out, key, SIZE_MAX);
	fputc(':', js->out);
}

void json_open(struct json *js, const char *key, char bracket)
{
	start_value(js, key);
	fputc(bracket, js->out);
	js->comma = false;
}

void json_close(struct json *js, char bracket)
{
	fputc(bracket, js->out);
	js->comma = true;
}

void json_number(struct json *js, const char *key, uint64_t value)
{
	start_value(js, key);
	fprintf(js->out, "%" PRIu64, value);
}

void json_text(struct json *js, const char *key, const char *text, size_t max)
{
	start_value(js, key);
	write_text(js->out, text, max);
}

void json_fixed(struct json *js, const char *key, double value)
{
	start_value(js, key);
	fprintf(js->out, "%.3f", value);
}

void json_bool(struct json *js, const char *key, bool value)
{
	start_value(js, key);
	fputs(value ? "true" : "false", js->out);
}

void json_begin(struct json *js, FILE *out, uint64_t schema)
{
	*js = (struct json){ .out = out };
	json_open(js, NULL, '{');
	json_number(js, "schema", schema);
}

void json_end(struct json *js)
{
	json_close(js, '}');
	fputc('\n', js->out);
}
