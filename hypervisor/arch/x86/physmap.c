/* SPDX-License-Identifier: BSD-2-Clause */
#include "mem/physmap.h"

#include "arch/x86/asm.h"
#include "arch/x86/physmap_same.h"
#include "lib/string.h"

/* Written once, before the other CPUs start. */
bool physmap_smap;

void physmap_set_smap(bool on)
{
	physmap_smap = on;
}

static void *open_at(hpa_t pa)
{
	if (physmap_smap)
		x86_stac();
	return (void *)(uintptr_t)pa.v;
}

static void close(void)
{
	if (physmap_smap)
		x86_clac();
}

void physmap_read(void *dst, hpa_t src, u64 len)
{
	memcpy(dst, open_at(src), len);
	close();
}

void physmap_write(hpa_t dst, const void *src, u64 len)
{
	memcpy(open_at(dst), src, len);
	close();
}

void physmap_zero(hpa_t dst, u64 len)
{
	memset(open_at(dst), 0, len);
	close();
}

void physmap_move(hpa_t dst, hpa_t src, u64 len)
{
	memmove(open_at(dst), (const void *)(uintptr_t)src.v, len);
	close();
}

u64 physmap_load64(hpa_t src)
{
	u64 v;

	__builtin_memcpy(&v, open_at(src), sizeof(v));
	close();
	return v;
}

u32 physmap_load32(hpa_t src)
{
	u32 v = __atomic_load_n((const u32 *)open_at(src), __ATOMIC_ACQUIRE);

	close();
	return v;
}

void physmap_store32(hpa_t dst, u32 v)
{
	__atomic_store_n((u32 *)open_at(dst), v, __ATOMIC_RELEASE);
	close();
}
