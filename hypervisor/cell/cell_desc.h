/* SPDX-License-Identifier: BSD-2-Clause */
/* Checking a description's records, for the files that each know one kind. */
#ifndef CELL_CELL_DESC_H
#define CELL_CELL_DESC_H

#include "cell/cell.h"

/** Log that field @what is @value, which breaks @rule: -EINVAL. */
int cell_desc_refuse(const char *what, u64 value, const char *rule);

/** A shared-memory record of the right size. */
int cell_ivshmem_check(const struct holm_cell_desc *d, const void *record);

#endif
