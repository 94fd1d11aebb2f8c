/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page tables of which the lowest 512 GiB are as before and the rest is mad:
 * tables in device memory, beyond the end of RAM, in each other, with bits
 * that must be 0. The other CPU goes on changing them.
 */
#include "hostile/hostile.h"
#include "kit/test.h"
#include "kit/trap.h"
#include "lib/string.h"

#define SHOTS   200
#define LEVELS  4
#define ENTRIES 512

static u64 *table(u32 n)
{
	return (u64 *)(uintptr_t)(TABLES + n * PAGE_SIZE);
}

/* Mostly present and writable, pointing at the next of these tables. */
static u64 random_entry(void)
{
	u64 flags = 0x7 | (rnd(6) ? 0 : rnd(0x1000)) | rnd(8) / 7 << 63;

	switch (rnd(4)) {
	case 0:
		return (random_place() & ~0xfffUL) | flags;
	case 1:
		return random_value();
	default:
		return (TABLES + rnd(2 * LEVELS) * PAGE_SIZE) | flags;
	}
}

static void make_tables(void)
{
	const u64 *own = (const u64 *)(uintptr_t)(x86_read_cr3() & ~0xfffUL);

	for (u32 n = 0; n < 2 * LEVELS; n++)
		for (u32 i = 0; i < ENTRIES; i++)
			table(n)[i] = random_entry();
	table(0)[0] = own[0];
}

/* A canonical address above the lowest 512 GiB, at the edge of a page often. */
static u64 mad_address(void)
{
	u64 at = (1 + rnd(511)) << 39 | rnd(BIT64(39));

	if (rnd(3) == 0)
		at = (at | 0xfff) - rnd(8);
	return at & BIT64(47) ? at | ~(BIT64(48) - 1) : at;
}

static void touch(void *arg)
{
	u64 at = *(u64 *)arg, from = mad_address();

	switch (rnd(8)) {
	case 0:
		*(volatile u8 *)(uintptr_t)at = (u8)at;
		return;
	case 1:
		*(volatile u64 *)(uintptr_t)at = at;
		return;
	case 2:
		(void)*(volatile u32 *)(uintptr_t)at;
		return;
	case 3:
		__asm__ volatile("lock addl $1, (%0)" : : "r"(at) : "memory");
		return;
	case 4:
		__asm__ volatile("call *%0" : : "r"(at) : "memory");
		return;
	case 5:
		__asm__ volatile("movl $20, %%ecx\n\trep movsb"
				 : "+D"(at), "+S"(from)
				 :
				 : "rcx", "memory");
		return;
	case 6:
		__asm__ volatile("movl $9, %%ecx\n\tmovl $0x3f8, %%edx\n\t"
				 "rep outsb"
				 : "+S"(at)
				 :
				 : "rcx", "rdx", "memory");
		return;
	default:
		__asm__ volatile("invlpg (%0)" : : "r"(at) : "memory");
	}
}

void fire_tables(void)
{
	u64 own = x86_read_cr3();

	make_tables();
	irq_disable();
	x86_write_cr3(TABLES);
	for (u32 i = 0; i < SHOTS; i++) {
		u64 at = mad_address();

		if (rnd(4) == 0)
			table((u32)rnd(2 * LEVELS))[1 + rnd(ENTRIES - 1)] =
				random_entry();
		fire(touch, &at);
	}
	x86_write_cr3(own);
}
