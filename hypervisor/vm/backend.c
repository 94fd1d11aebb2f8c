/* SPDX-License-Identifier: BSD-2-Clause */
#include "vm/backend.h"

#include "arch/x86/backends.h"

const struct backend *backend;

const struct backend *backend_select(const char *without, const char **why)
{
	*why = arch_no_backend;
	for (u32 i = 0; i < arch_backend_count && !backend; i++) {
		const struct backend *b = arch_backends[i];
		const char *missing = b->probe(without);

		if (!missing)
			backend = b;
		else if (missing != b->absent)
			*why = missing;
	}
	return backend;
}
