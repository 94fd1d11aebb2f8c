/* SPDX-License-Identifier: BSD-2-Clause */
/* 64-bit division, which compilers call for on 32-bit CPUs. */
#include "lib/types.h"

u64 __udivdi3(u64 a, u64 b);
u64 __umoddi3(u64 a, u64 b);
u64 __udivmoddi4(u64 a, u64 b, u64 *rest);

/* Bit by bit, from the top: dividing by 0 gives all ones, and no trap. */
u64 __udivmoddi4(u64 a, u64 b, u64 *rest)
{
	u64 q = 0, r = 0;

	for (u32 bit = 64; bit-- > 0;) {
		bool carry = r >> 63;

		r = r << 1 | (a >> bit & 1);
		if (!carry && r < b)
			continue;
		r -= b;
		q |= BIT64(bit);
	}
	if (rest)
		*rest = r;
	return q;
}

u64 __udivdi3(u64 a, u64 b)
{
	return __udivmoddi4(a, b, NULL);
}

u64 __umoddi3(u64 a, u64 b)
{
	u64 rest;

	__udivmoddi4(a, b, &rest);
	return rest;
}
