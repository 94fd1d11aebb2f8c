/* SPDX-License-Identifier: BSD-2-Clause */
#include "core/request.h"

void life_post(struct life *life, enum life_request what, u8 status)
{
	u32 old = atomic_load(&life->word);

	do {
		if ((old & 0xff) >= what)
			return;
	} while (!atomic_compare_exchange_weak(&life->word, &old,
					       what | (u32)status << 8));
}

enum life_request life_get(struct life *life)
{
	return (enum life_request)(atomic_load(&life->word) & 0xff);
}

u8 life_status(struct life *life)
{
	return (u8)(atomic_load(&life->word) >> 8);
}

bool life_clear(struct life *life, enum life_request what)
{
	u32 old = what;

	return atomic_compare_exchange_strong(&life->word, &old, LIFE_RUN);
}
