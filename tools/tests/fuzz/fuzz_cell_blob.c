/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any bytes as a compiled description: the first says how much of the head is
 * put right before, so that the rest is looked at.
 */
#include "cell_again.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct holm_cell_desc *d;

	if (size < 1 + sizeof(*d))
		return 0;
	size--;
	d = malloc(size);
	CHECK(d);
	memcpy(d, data + 1, size);
	d->magic = HOLM_CELL_MAGIC;
	if (data[0] & 1)
		d->version = HOLM_CELL_VERSION;
	if (data[0] & 2)
		d->size = (uint32_t)size;
	if (data[0] & 4)
		d->checksum = cell_checksum(d, size);
	check_any(d, size);
	free(d);
	return 0;
}
