/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Comparing words of guest memory with what they held: of mem/physmap.h's
 * kind, but a good part of what an exit costs, and therefore inline.
 */
#ifndef ARCH_X86_PHYSMAP_SAME_H
#define ARCH_X86_PHYSMAP_SAME_H

#include "arch/x86/asm.h"
#include "lib/types.h"
#include "mem/walkword.h"

/** See physmap_set_smap(). */
extern bool physmap_smap;

/** Words that physmap_same() looks at. */
#define PHYSMAP_SAME_WORDS 6U

static inline u64 physmap_differ(const struct walk_word *word)
{
	u64 differ = 0;

#pragma GCC unroll 6
	for (u32 i = 0; i < PHYSMAP_SAME_WORDS; i++)
		differ |= *(const volatile u64 *)(uintptr_t)word[i].at.v ^
			  word[i].held;
	return differ;
}

/** Whether each of the words, all in RAM, still holds what it did. */
static inline bool physmap_same(const struct walk_word *word)
{
	u64 differ;

	if (unlikely(!physmap_smap))
		return !physmap_differ(word);
	x86_stac();
	differ = physmap_differ(word);
	x86_clac();
	return !differ;
}

#endif
