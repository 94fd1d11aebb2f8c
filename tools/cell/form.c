/* SPDX-License-Identifier: BSD-2-Clause */
#include "cell/form.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cell/config.h"

/* An octal number looks like a decimal one: neither is meant by 010. */
static bool parse_digits(const char *text, char **end, uint64_t *v)
{
	const bool hex = text[0] == '0' && (text[1] | 0x20) == 'x';
	const char *first = hex ? text + 2 : text;

	if (hex ? !isxdigit((unsigned char)*first)
		: !isdigit((unsigned char)*first))
		return false;
	if (!hex && text[0] == '0' && isdigit((unsigned char)text[1]))
		return false;
	/* strtoull() would take a second 0x as well. */
	if (hex && (first[1] | 0x20) == 'x')
		return false;
	errno = 0;
	*v = strtoull(first, end, hex ? 16 : 10);
	return errno == 0;
}

static bool parse_number(const char *text, uint64_t *v)
{
	char *end;

	return parse_digits(text, &end, v) && *end == '\0';
}

static bool parse_size(const char *text, uint64_t *v)
{
	static const char units[] = "KMGT";
	const char *unit;
	unsigned int shift;
	char *end;

	if (!parse_digits(text, &end, v))
		return false;
	if (*end == '\0')
		return true;
	unit = strchr(units, toupper((unsigned char)*end));
	if (!unit || (end[1] && strcmp(end + 1, "iB") != 0))
		return false;
	shift = 10 * (unsigned int)(unit - units + 1);
	if (*v > UINT64_MAX >> shift)
		return false;
	*v <<= shift;
	return true;
}

static bool parse_cpu(const char *text, uint64_t *v)
{
	const bool lapic = !strncmp(text, "lapic ", 6);

	if (!parse_number(lapic ? text + 6 : text, v) || *v > UINT32_MAX)
		return false;
	*v |= lapic ? CELL_CPU_LAPIC : 0;
	return true;
}

/* Exactly @n hexadecimal digits and @end behind them. */
static bool parse_hex(const char **text, size_t n, char end, uint64_t *v)
{
	char digits[8];
	size_t i;

	for (i = 0; i < n; i++) {
		if (!isxdigit((unsigned char)(*text)[i]))
			return false;
		digits[i] = (*text)[i];
	}
	digits[n] = '\0';
	if ((*text)[n] != end)
		return false;
	*v = strtoull(digits, NULL, 16);
	*text += n + (end != '\0');
	return true;
}

static bool parse_pci(const char *text, uint64_t *v)
{
	uint64_t bus, dev, fn;

	if (!strncmp(text, "0000:", 5))
		text += 5;
	if (!parse_hex(&text, 2, ':', &bus) ||
	    !parse_hex(&text, 2, '.', &dev) ||
	    !parse_hex(&text, 1, '\0', &fn) || dev > 31 || fn > 7)
		return false;
	*v = bus << 8 | dev << 3 | fn;
	return true;
}

static bool parse_bool(const char *text, uint64_t *v)
{
	*v = !strcmp(text, "true");
	return *v || !strcmp(text, "false");
}

static bool parse_text(const char *text, uint64_t *v)
{
	*v = 0;
	while (*text >= ' ' && *text < 0x7f)
		text++;
	return *text == '\0';
}

static bool parse_name(const char *text, uint64_t *v)
{
	size_t n = 0;

	while (text[n] > ' ' && text[n] < 0x7f)
		n++;
	*v = 0;
	return n > 0 && n < HOLM_CELL_NAME && text[n] == '\0' && text[0] != '-';
}

#define parse_NAME    parse_name
#define parse_TEXT    parse_text
#define parse_NUMBER  parse_number
#define parse_ADDRESS parse_size
#define parse_SIZE    parse_size
#define parse_CPU     parse_cpu
#define parse_PCI     parse_pci
#define parse_BOOL    parse_bool

#define FORM(id, name, rule) { name, rule, parse_##id },
static const struct {
	const char *name, *rule;
	bool (*parse)(const char *text, uint64_t *v);
} forms[] = { CELL_FORMS(FORM) };

const char *form_name(enum form form)
{
	return forms[form].name;
}

const char *form_rule(enum form form)
{
	return forms[form].rule;
}

bool form_parse(enum form form, const char *text, uint64_t *v)
{
	return forms[form].parse(text, v);
}

static void write_size(uint64_t v, char *buf, size_t size)
{
	static const char units[] = "KMGT";
	size_t i = 0;

	if (v == 0 || v % 1024) {
		snprintf(buf, size, "%" PRIu64, v);
		return;
	}
	for (v /= 1024; v % 1024 == 0 && i < 3; i++)
		v /= 1024;
	snprintf(buf, size, "%" PRIu64 "%c", v, units[i]);
}

void form_write(enum form form, uint64_t v, char *buf, size_t size)
{
	if (form == FORM_SIZE)
		write_size(v, buf, size);
	else if (form == FORM_ADDRESS)
		snprintf(buf, size, "0x%" PRIx64, v);
	else if (form == FORM_CPU)
		snprintf(buf, size, "%s%" PRIu32,
			 v & CELL_CPU_LAPIC ? "lapic " : "", (uint32_t)v);
	else if (form == FORM_PCI)
		snprintf(buf, size, "%02x:%02x.%x",
			 (unsigned int)(v >> 8) & 0xff,
			 (unsigned int)(v >> 3) & 31, (unsigned int)v & 7);
	else if (form == FORM_BOOL)
		snprintf(buf, size, "%s", v ? "true" : "false");
	else
		snprintf(buf, size, "%" PRIu64, v);
}
