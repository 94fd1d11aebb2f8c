/* SPDX-License-Identifier: BSD-2-Clause */
#include "cell/madt.h"

#include <stdlib.h>

#include "cell/inspect.h"

#define MADT_HEAD 44U
#define MADT_MAX  65536U

void madt_read(const char *root, struct madt *m)
{
	FILE *f = machine_open(root, "/sys/firmware/acpi/tables/APIC");

	*m = (struct madt){ .data = malloc(MADT_MAX) };
	if (f && m->data)
		m->size = fread(m->data, 1, MADT_MAX, f);
	if (f)
		fclose(f);
}

void madt_free(struct madt *m)
{
	free(m->data);
	*m = (struct madt){ .data = NULL };
}

const uint8_t *madt_next(const struct madt *m, const uint8_t *prev)
{
	size_t at = prev ? (size_t)(prev - m->data) + prev[1] : MADT_HEAD;
	const uint8_t *e;

	if (m->size < at + 2)
		return NULL;
	e = m->data + at;
	return e[1] >= 2 && e[1] <= m->size - at ? e : NULL;
}

const uint8_t *madt_find(const struct madt *m, const uint8_t *prev,
			 uint8_t type, uint8_t len)
{
	const uint8_t *e = prev;

	while ((e = madt_next(m, e)))
		if (e[0] == type && e[1] >= len)
			return e;
	return NULL;
}
