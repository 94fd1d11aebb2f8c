/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The instructions a vCPU exits at: most exits come from a few places. Each
 * is kept with the words it was read from, the entries of the guest's tables
 * and its own bytes; while those hold what they held, it is the same one.
 */
#ifndef GUEST_X86_INSNCACHE_H
#define GUEST_X86_INSNCACHE_H

#include "guest/x86/decode.h"
#include "lib/types.h"
#include "mem/walkword.h"

#define INSNCACHE_SLOTS 16U
#define INSN_WALK_WORDS 4U
#define INSN_BYTE_WORDS 2U
#define INSN_WORDS      (INSN_WALK_WORDS + INSN_BYTE_WORDS)

struct __aligned(64) known_insn
{
	u64 linear;
	u64 cr3;
	const void *as; /* what it was looked at as; NULL: nothing here */
	struct walk_word word[INSN_WORDS];
	struct x86_insn insn; /* of a fixed opcode only the length */
};

struct insncache {
	struct known_insn slot[INSNCACHE_SLOTS];
};

/** The one place where the instruction at @linear may be kept. */
static inline struct known_insn *insncache_slot(struct insncache *c, u64 linear)
{
	return &c->slot[(linear ^ linear >> 4) % INSNCACHE_SLOTS];
}

/** Forget all: stage 2 may have changed. */
static inline void insncache_clear(struct insncache *c)
{
	for (u32 i = 0; i < INSNCACHE_SLOTS; i++)
		c->slot[i].as = NULL;
}

#endif
