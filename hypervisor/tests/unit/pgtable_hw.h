/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page-table walks as a CPU makes them, written from the manuals and sharing
 * nothing with the engine but the pool that turns addresses into pointers.
 */
#ifndef TESTS_UNIT_PGTABLE_HW_H
#define TESTS_UNIT_PGTABLE_HW_H

#include "mem/pgtable.h"

struct hw_page {
	u64 pa; /* of the address asked for */
	u64 size;
	bool w, x, u, global;
	u32 type; /* PT_UC ... PT_WB; UC- is PT_WC */
};

enum hw_result {
	HW_MAPPED,
	HW_ABSENT,
	HW_BAD, /* reserved bits, a misconfiguration */
};

enum hw_result hw_walk(const struct pgtable *pt, u64 va, struct hw_page *out);

#endif
