/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The few words every file of the hypervisor shares: sized integers, bit
 * and range arithmetic. Freestanding; also used by the host unit tests.
 */
#ifndef LIB_TYPES_H
#define LIB_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t s32;
typedef int64_t s64;

#define BIT32(n) ((u32)1 << (n))
#define BIT64(n) ((u64)1 << (n))
/** Bits @hi..@lo set, both inclusive. */
#define GENMASK64(hi, lo) ((~(u64)0 >> (63 - (hi))) & (~(u64)0 << (lo)))

#define KIB(n) ((u64)(n) << 10)
#define MIB(n) ((u64)(n) << 20)
#define GIB(n) ((u64)(n) << 30)

#define PAGE_SHIFT   12
#define PAGE_SIZE    4096UL
#define PAGE_SIZE_2M MIB(2)
#define PAGE_SIZE_1G GIB(1)

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define container_of(ptr, type, member) \
	((type *)(void *)((char *)(ptr)-offsetof(type, member)))

#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

#define __packed     __attribute__((packed))
#define __aligned(n) __attribute__((aligned(n)))
#define __section(s) __attribute__((section(s)))
#define __noreturn   __attribute__((noreturn))
#define __noinline   __attribute__((noinline))
/* Rare: kept apart, so that the common case saves no registers for it. */
#define __rare         __attribute__((noinline, cold))
#define __used         __attribute__((used))
#define __printf(f, a) __attribute__((format(printf, f, a)))
#define likely(x)      __builtin_expect(!!(x), 1)
#define unlikely(x)    __builtin_expect(!!(x), 0)

/** Round @v down to a multiple of the power of two @align. */
static inline u64 align_down(u64 v, u64 align)
{
	return v & ~(align - 1);
}

/** Round @v up to a multiple of the power of two @align; wraps at 2^64. */
static inline u64 align_up(u64 v, u64 align)
{
	return (v + align - 1) & ~(align - 1);
}

static inline bool is_aligned(u64 v, u64 align)
{
	return (v & (align - 1)) == 0;
}

/** True if [@base, @base + @size) is not empty and does not wrap. */
static inline bool range_valid(u64 base, u64 size)
{
	return size != 0 && base + (size - 1) >= base;
}

/** True if two valid ranges share a byte. */
static inline bool range_overlaps(u64 a, u64 a_size, u64 b, u64 b_size)
{
	return a <= b + (b_size - 1) && b <= a + (a_size - 1);
}

/** True if valid range @a lies wholly inside valid range @b. */
static inline bool range_inside(u64 a, u64 a_size, u64 b, u64 b_size)
{
	return a >= b && a + (a_size - 1) <= b + (b_size - 1);
}

#endif
