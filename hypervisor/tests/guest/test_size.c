/* SPDX-License-Identifier: BSD-2-Clause */
/* What Holm takes of the machine, in KiB, and when it was entered. */
#include "kit/hc.h"
#include "kit/test.h"

#define RAM_TYPE 1

/* RAM that the memory map still offers. */
static u64 offered(void)
{
	const struct boot_range *map;
	u64 sum = 0;

	for (u32 n = boot_map(&map); n > 0; n--, map++)
		if (map->type == RAM_TYPE)
			sum += map->size;
	return sum;
}

static void measure(void)
{
	struct holm_info info = hc_info();

	check(info.ram_bytes - offered() >= info.hv_size,
	      "Holm has %lu bytes, but only %lu are missing", info.hv_size,
	      info.ram_bytes - offered());
	say("BENCH image: %lu", info.image_size >> 10);
	say("BENCH taken: %lu", (info.ram_bytes - offered()) >> 10);
	say("BENCH entry: %lu", info.boot_tsc[0]);
}

const struct test tests[] = {
	{ "bench", measure },
	{ 0 },
};
