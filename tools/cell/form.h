/* SPDX-License-Identifier: BSD-2-Clause */
/* How single values are written: numbers, sizes, PCI functions. */
#ifndef CELL_FORM_H
#define CELL_FORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cell/schema.h"

#define CELL_FORM_ENUM(id, name, rule) FORM_##id,
enum form { CELL_FORMS(CELL_FORM_ENUM) };

/** What a value of the form is called, and the rule it keeps. */
const char *form_name(enum form form);
const char *form_rule(enum form form);

/** The value of @text; false if it breaks the form's rule. */
bool form_parse(enum form form, const char *text, uint64_t *v);

/** @v in that form, so that form_parse() gives it back; not for texts. */
void form_write(enum form form, uint64_t v, char *buf, size_t size);

#endif
