/* SPDX-License-Identifier: BSD-2-Clause */
#include "kit/paging.h"

#include "arch/x86/asm.h"
#include "kit/cpu.h"

#define ENTRIES 512U
/* Present, writable, accessed, dirty; of 2 MiB. */
#define TABLE 0x23UL
#define LEAF  0xe3UL

/* entry.S */
extern u64 pdpt[ENTRIES];

static u64 far_pd[ENTRIES] __aligned(4096);
static u64 *far_entry;

void paging_reach(u64 addr)
{
	u64 *entry = &pdpt[addr / GIB(1) % ENTRIES];

	if (*entry && entry != far_entry)
		return;
	if (far_entry)
		*far_entry = 0;
	for (u64 i = 0; i < ENTRIES; i++)
		far_pd[i] = (addr & ~(GIB(1) - 1)) | i * MIB(2) | LEAF;
	far_entry = entry;
	*entry = (u64)(uintptr_t)far_pd | TABLE;
	x86_write_cr3(x86_read_cr3());
}
