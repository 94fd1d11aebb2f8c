/* SPDX-License-Identifier: BSD-2-Clause */
/* A machine's table of interrupt controllers, MADT: ACPI 6.5, 5.2.12. */
#ifndef CELL_MADT_H
#define CELL_MADT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Types of entries. */
#define MADT_LAPIC    0
#define MADT_IOAPIC   1
#define MADT_OVERRIDE 2
#define MADT_X2APIC   9

/** The whole table; size 0: there is none. */
struct madt {
	uint8_t *data;
	size_t size;
};

/** That of the machine whose /sys is below @root; free with madt_free(). */
void madt_read(const char *root, struct madt *m);
void madt_free(struct madt *m);

/** The entry after @prev (NULL: the first), whole, or NULL. */
const uint8_t *madt_next(const struct madt *m, const uint8_t *prev);

/** The same, of @type and with all of @len bytes. */
const uint8_t *madt_find(const struct madt *m, const uint8_t *prev,
			 uint8_t type, uint8_t len);

static inline uint32_t madt_u32(const uint8_t *at)
{
	uint32_t v;

	memcpy(&v, at, sizeof(v));
	return v;
}

#endif
