/* SPDX-License-Identifier: BSD-2-Clause */
/* The shortest inmate, in 32 bits. */
#include "lib/cpu.h"
#include "lib/inmate.h"
#include "lib/print.h"

void inmate_main(void)
{
	print("hello: %u bits\n", (u32)sizeof(word) * 8);
}
