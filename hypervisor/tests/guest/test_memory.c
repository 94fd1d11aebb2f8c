/* SPDX-License-Identifier: BSD-2-Clause */
/* What of the machine's memory the Service VM may reach. */
#include "kit/hc.h"
#include "kit/paging.h"
#include "kit/test.h"
#include "kit/trap.h"

#define E820_RAM 1
#define STRIDE   (PAGE_SIZE + 24)

static volatile u32 *word(u64 addr)
{
	return (volatile u32 *)(uintptr_t)addr;
}

static void map_lacks_holm(void)
{
	struct holm_info info = hc_info();
	const struct boot_range *map;
	u64 ram = 0;
	u32 n = boot_map(&map);

	check(n > 0, "the memory map is empty");
	check(info.hv_size > 0, "Holm has no memory");
	for (u32 i = 0; i < n; i++) {
		check(!range_overlaps(map[i].base, map[i].size, info.hv_base,
				      info.hv_size),
		      "entry %u at %lx reaches into Holm's memory", i,
		      map[i].base);
		if (map[i].type == E820_RAM)
			ram += map[i].size;
	}
	check_eq(ram, (info.ram_bytes - info.hv_size), "RAM in the map");
}

/* Every page by one word, the first and last by each, and page seams. */
static void holm_reads_ones(void)
{
	struct holm_info info = hc_info();
	u64 end = info.hv_base + info.hv_size;
	u32 val, bad = 0;

	for (u64 at = info.hv_base; at < end; at += STRIDE & ~3UL) {
		if (try_read32(at, &val) != NO_FAULT || val != ~0U)
			bad++;
	}
	check_eq(bad, 0, "words of Holm's memory that do not read as ones");
	for (u64 at = 0; at < PAGE_SIZE; at += 4) {
		bad += *word(info.hv_base + at) != ~0U;
		bad += *word(end - PAGE_SIZE + at) != ~0U;
	}
	check_eq(bad, 0, "words of the first and last page");
}

static void holm_ignores_writes(void)
{
	struct holm_info before = hc_info();
	struct holm_info after;
	u64 end = before.hv_base + before.hv_size;

	for (u64 at = before.hv_base; at < end; at += PAGE_SIZE)
		*word(at) = 0xdeadbeef;
	for (u64 at = 0; at < PAGE_SIZE; at += 4)
		*word(before.hv_base + at) = 0;
	after = hc_info();
	check_eq(after.hv_base, before.hv_base, "hv_base");
	check_eq(after.pool_pages, before.pool_pages, "pool_pages");
	check_eq(after.pool_used, before.pool_used, "pool_used");
	check_eq(*word(before.hv_base), 0xffffffff, "what was written");
}

/* An access that begins in the Service VM's RAM and ends in Holm's. */
static void seam_is_tight(void)
{
	struct holm_info info = hc_info();
	volatile u64 *below =
		(volatile u64 *)(uintptr_t)(info.hv_base - sizeof(u32));
	u32 own = *word(info.hv_base - 4);
	u64 val;

	*word(info.hv_base - 4) = 0x12345678;
	val = *below;
	check_eq((val >> 32), 0xffffffff, "Holm's half");
	*below = 0;
	check_eq(*word(info.hv_base), 0xffffffff, "Holm's first word");
	*word(info.hv_base - 4) = own;
}

static void jump_into_holm(void *arg)
{
	void (*fn)(void) = (void (*)(void))(uintptr_t) * (u64 *)arg;

	fn();
}

static void holm_does_not_execute(void)
{
	struct holm_info info = hc_info();
	u64 at = info.hv_base + MIB(1);
	u32 vector = probe(jump_into_holm, &at);

	check(vector != NO_FAULT, "a call into Holm's memory came back");
}

/* Beyond all RAM: what is read there is the machine's matter, not ours. */
static void hole_does_no_harm(void)
{
	const struct boot_range *map;
	u32 n = boot_map(&map);
	u64 end = 0;
	u32 val;

	for (u32 i = 0; i < n; i++)
		if (map[i].type == E820_RAM)
			end = MAX(end, map[i].base + map[i].size);
	paging_reach(end + GIB(8));
	check_eq(try_read32(end + GIB(8), &val), NO_FAULT, "a hole");
	*word(end + GIB(8)) = 1;
	paging_reach(GIB(500));
	check_eq(try_read32(GIB(500), &val), NO_FAULT, "far beyond");
}

static void kernel_arguments(void)
{
	const char *marker = option("marker");

	check(marker && *marker == '7', "the command line did not arrive");
}

/* clang-format off */
const struct test tests[] = {
	{ "map_lacks_holm", map_lacks_holm },
	{ "holm_reads_ones", holm_reads_ones },
	{ "holm_ignores_writes", holm_ignores_writes },
	{ "seam_is_tight", seam_is_tight },
	{ "holm_does_not_execute", holm_does_not_execute },
	{ "hole_does_no_harm", hole_does_no_harm },
	{ "kernel_arguments", kernel_arguments },
	{ NULL, NULL },
};
/* clang-format on */
