/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bit operations on arrays of u64: bit n is bit (n % 64) of word n / 64.
 * The caller knows the array's length; nothing here checks it.
 */
#ifndef LIB_BITMAP_H
#define LIB_BITMAP_H

#include "lib/types.h"

/** Words that @bits bits need. */
#define BITMAP_WORDS(bits) (((bits) + 63) / 64)

/** Returned by the searches when there is no such bit. */
#define BITMAP_NONE (~(u64)0)

static inline u64 bitmap_mask(u64 n)
{
	return (u64)1 << (n % 64);
}

static inline bool bitmap_test(const u64 *map, u64 n)
{
	return (map[n / 64] & bitmap_mask(n)) != 0;
}

static inline void bitmap_set(u64 *map, u64 n)
{
	map[n / 64] |= bitmap_mask(n);
}

static inline void bitmap_clear(u64 *map, u64 n)
{
	map[n / 64] &= ~bitmap_mask(n);
}

static inline void bitmap_put(u64 *map, u64 n, bool on)
{
	if (on)
		bitmap_set(map, n);
	else
		bitmap_clear(map, n);
}

/** Read a bit that other CPUs may be changing; acquires. */
static inline bool bitmap_test_atomic(const u64 *map, u64 n)
{
	u64 word = __atomic_load_n(&map[n / 64], __ATOMIC_ACQUIRE);

	return (word & bitmap_mask(n)) != 0;
}

/** Set a bit against concurrent changers; returns what it was before. */
static inline bool bitmap_test_and_set(u64 *map, u64 n)
{
	u64 old = __atomic_fetch_or(&map[n / 64], bitmap_mask(n),
				    __ATOMIC_SEQ_CST);

	return (old & bitmap_mask(n)) != 0;
}

/** Clear a bit against concurrent changers; returns what it was before. */
static inline bool bitmap_test_and_clear(u64 *map, u64 n)
{
	u64 old = __atomic_fetch_and(&map[n / 64], ~bitmap_mask(n),
				     __ATOMIC_SEQ_CST);

	return (old & bitmap_mask(n)) != 0;
}

static inline void bitmap_set_atomic(u64 *map, u64 n)
{
	(void)bitmap_test_and_set(map, n);
}

static inline void bitmap_clear_atomic(u64 *map, u64 n)
{
	(void)bitmap_test_and_clear(map, n);
}

/** Number of the lowest set bit of @word, which must not be 0. */
static inline u64 bitmap_lowest(u64 word)
{
	return (u64)(u32)__builtin_ctzll(word);
}

/** Number of the highest set bit of @word, which must not be 0. */
static inline u64 bitmap_highest(u64 word)
{
	return 63 - (u64)(u32)__builtin_clzll(word);
}

/**
 * The first bit in [@from, @bits) that is set; BITMAP_NONE if there is none.
 */
static inline u64 bitmap_find_set(const u64 *map, u64 bits, u64 from)
{
	u64 n = from;

	while (n < bits) {
		u64 word = map[n / 64] >> (n % 64);

		if (word != 0) {
			n += bitmap_lowest(word);
			return n < bits ? n : BITMAP_NONE;
		}
		n = (n / 64 + 1) * 64;
	}
	return BITMAP_NONE;
}

/**
 * The first bit in [@from, @bits) that is clear; BITMAP_NONE if there is none.
 */
static inline u64 bitmap_find_clear(const u64 *map, u64 bits, u64 from)
{
	u64 n = from;

	while (n < bits) {
		u64 word = ~map[n / 64] >> (n % 64);

		if (word != 0) {
			n += bitmap_lowest(word);
			return n < bits ? n : BITMAP_NONE;
		}
		n = (n / 64 + 1) * 64;
	}
	return BITMAP_NONE;
}

#endif
