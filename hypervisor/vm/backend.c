/* SPDX-License-Identifier: BSD-2-Clause */
#include "vm/backend.h"

#include "arch/x86/backends.h"

const struct backend *backend;

const struct backend *backend_select(const char **why)
{
	*why = "no backend";
	for (u32 i = 0; i < arch_backend_count && !backend; i++) {
		const struct backend *b = arch_backends[i];

		*why = b->probe();
		if (!*why)
			backend = b;
	}
	return backend;
}
