/* SPDX-License-Identifier: BSD-2-Clause */
/* Words every file of the device model uses. */
#ifndef CORE_TYPES_H
#define CORE_TYPES_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

/** A guest-physical address: another type than an integer or a pointer. */
typedef struct {
	u64 v;
} gpa_t;

#define GPA(x) ((gpa_t){ (x) })

#define BIT(n)        (1U << (n))
#define BIT64(n)      (1ULL << (n))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define KIB 1024ULL
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)

/** Round up to a power of two; the caller knows that it cannot overflow. */
static inline u64 align_up(u64 v, u64 to)
{
	return (v + to - 1) & ~(to - 1);
}

static inline u64 min_u64(u64 a, u64 b)
{
	return a < b ? a : b;
}

/** The value an access of size bytes (1..8) can carry. */
static inline u64 size_mask(u32 size)
{
	return size >= 8 ? ~0ULL : BIT64(size * 8) - 1;
}

#endif
