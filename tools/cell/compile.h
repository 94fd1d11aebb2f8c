/* SPDX-License-Identifier: BSD-2-Clause */
/* From a description to what the hypervisor reads, and back. */
#ifndef CELL_COMPILE_H
#define CELL_COMPILE_H

#include "cell/config.h"

/**
 * In a compiled description: memory that has no place yet, the offset from
 * the first of its pages in the bits below. No hypervisor takes such a one.
 */
#define CELL_PHYS_ANYWHERE (1ULL << 63)

#define CELL_PAGE ((uint64_t)2 << 20) /* bytes of a huge page */

/**
 * Huge pages of 2 MiB that the memory without `phys` takes. A piece begins
 * where its last 21 bits are those of its address in the cell, so that large
 * pages map it.
 */
uint64_t cell_config_pages(const struct cell_config *cfg);

/**
 * Make the blob of abi/cell.h; free() it. @pages are the physical addresses
 * of @n huge pages, at least cell_config_pages(); NULL: the memory is left
 * without a place. CPUs given by number are looked for on this machine.
 * 0; -EINVAL: too few pages; -ENOENT: a CPU that this machine does not have;
 * -E2BIG: more than HOLM_CELL_MAX bytes; -ENOMEM.
 */
int cell_compile(const struct cell_config *cfg, const uint64_t *pages, size_t n,
		 struct holm_cell_desc **desc);

/**
 * Write the blob of @size bytes as YAML to @out. -EINVAL after a sentence in
 * @r, with @name as the file, if it is not one.
 */
int cell_decompile(const char *name, const void *blob, size_t size, FILE *out,
		   struct report *r);

/**
 * The record of @type after @prev (NULL: the first), or NULL: also where the
 * list is cut off. One that has not its type's size is left out.
 */
const void *cell_record_next(const struct holm_cell_desc *d, uint32_t type,
			     const void *prev);

/** CRC-32 (ISO 3309) of @size bytes of a description, its own field as 0. */
uint32_t cell_checksum(const void *desc, size_t size);

#endif
