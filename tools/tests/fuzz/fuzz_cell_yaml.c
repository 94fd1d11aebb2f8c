/* SPDX-License-Identifier: BSD-2-Clause */
/* Any text as a description of a cell. */
#include "cell_again.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_any(data, size);
	return 0;
}
