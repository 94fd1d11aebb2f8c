/* SPDX-License-Identifier: BSD-2-Clause */
/* Who owns which memory: painting, the table, JSON and the picture. */
#include <stdlib.h>
#include <string.h>

#include "fake.h"
#include "holm/memmap.h"

#define MIB (1ULL << 20)

static const struct holm_range ranges[] = {
	{ .base = 0, .size = 640 << 10, .kind = HOLM_RANGE_RAM },
	{ .base = 960 << 10, .size = 64 << 10, .kind = HOLM_RANGE_RESERVED },
	{ .base = MIB, .size = 255 * MIB, .kind = HOLM_RANGE_RAM },
	{ .base = 240 * MIB, .size = 2 * MIB, .kind = HOLM_RANGE_HOLM_IMAGE },
	{ .base = 242 * MIB, .size = 2 * MIB, .kind = HOLM_RANGE_HOLM_POOL },
	{ .base = 0xfec00000, .size = 4096, .kind = HOLM_RANGE_IOAPIC },
	{ .base = 0xfed00000, .size = 4096, .kind = 12345 },
};

/* In three pieces, of which two follow one another on both sides. */
static const struct holm_mapping maps[] = {
	{ .gpa = 0, .hpa = 64 * MIB, .size = 2 * MIB, .flags = 15 },
	{ .gpa = 2 * MIB, .hpa = 66 * MIB, .size = 2 * MIB, .flags = 15 },
	{ .gpa = 4 * MIB, .hpa = 32 * MIB, .size = 2 * MIB, .flags = 15 },
	{ .gpa = 0xfee00000, .hpa = 0xfec00000, .size = 4096, .flags = 3 },
};

static int setup(void **state)
{
	fake_setup(state);
	fake.range = ranges;
	fake.ranges = sizeof(ranges) / sizeof(ranges[0]);
	fake.map = maps;
	fake.maps = sizeof(maps) / sizeof(maps[0]);
	strcpy(fake.vm[2].name, "a<b");
	return 0;
}

static void paint(struct memmap *m, uint64_t base, uint64_t size,
		  const char *owner)
{
	struct span s = { .base = base, .size = size, .kind = SPAN_USER };

	strcpy(s.owner, owner);
	assert_int_equal(memmap_paint(m, &s), 0);
}

static void expect_map(const struct memmap *m, const char *want)
{
	char got[256] = "", one[64];
	size_t i;

	for (i = 0; i < m->n; i++) {
		snprintf(one, sizeof(one), "%s%d-%d%s", i ? " " : "",
			 (int)m->span[i].base,
			 (int)(m->span[i].base + m->span[i].size),
			 m->span[i].owner);
		strcat(got, one);
	}
	assert_string_equal(got, want);
}

/* Into the middle, over an edge, over all, beside, of nothing. */
static void test_paint(void **state)
{
	struct memmap m = { NULL, 0, NULL, 0 };

	(void)state;
	paint(&m, 100, 100, "a");
	paint(&m, 140, 20, "b");
	expect_map(&m, "100-140a 140-160b 160-200a");
	paint(&m, 150, 20, "c");
	expect_map(&m, "100-140a 140-150b 150-170c 170-200a");
	paint(&m, 90, 20, "d");
	expect_map(&m, "90-110d 110-140a 140-150b 150-170c 170-200a");
	paint(&m, 200, 10, "e");
	paint(&m, 300, 10, "f");
	paint(&m, 120, 0, "g");
	expect_map(&m, "90-110d 110-140a 140-150b 150-170c 170-200a 200-210e "
		       "300-310f");
	paint(&m, 100, 205, "h");
	expect_map(&m, "90-100d 100-305h 305-310f");
	paint(&m, 100, 205, "i");
	paint(&m, 0, 1000, "j");
	expect_map(&m, "0-1000j");
	memmap_free(&m);
}

static void test_table(void **state)
{
	(void)state;
	expect_out("hv memory", 0,
		   "             0         0x9ffff       640 KiB  service      "
		   "    "
		   "RAM\n");
	expect_out("hv memory", 0, "-                no memory\n");
	expect_out("hv memory", 0,
		   "     0x4000000       0x43fffff         4 MiB  a<b          "
		   "    "
		   "RAM, donated\n");
	expect_out("hv memory", 0, "Holm             I/O APIC");
	expect_out("hv memory", 0, "firmware         unknown");
	expect_out("hv memory", 0,
		   "Holm: 4 MiB, 100 of 900 pages of its pool in use");
	expect_out("hv memory", 0, "a<b: 6 MiB, and 0 pages");
}

static void test_json(void **state)
{
	(void)state;
	expect_out("hv memory --json", 0,
		   "{\"base\":67108864,\"bytes\":4194304,\"kind\":\"user\","
		   "\"owner\":\"a<b\",\"what\":\"RAM, donated\"}");
	/* A device that a VM has is no memory of it. */
	expect_out("hv memory --json", 0,
		   "{\"gpa\":4194304,\"hpa\":33554432,\"bytes\":2097152}]}]}");
}

static void test_picture(void **state)
{
	(void)state;
	expect_out("hv memory --svg", 0,
		   "<svg xmlns=\"http://www.w3.org/2000/svg\"");
	expect_out("hv memory --svg", 0,
		   "User VM a&#60;b (0 pages of Holm's pool map it):");
	expect_out("hv memory --svg", 0, "RAM, 6 MiB in 3 pieces");
	expect_out("hv memory --svg", 0, "</svg>\n");
}

static void test_nothing_known(void **state)
{
	(void)state;
	fake.ranges = fake.maps = 0;
	expect_out("hv memory --svg", 0, "</svg>\n");
	expect_out("hv memory --json", 0, "\"spans\":[]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paint),
		cmocka_unit_test_setup(test_table, setup),
		cmocka_unit_test_setup(test_json, setup),
		cmocka_unit_test_setup(test_picture, setup),
		cmocka_unit_test_setup(test_nothing_known, setup),
	};

	return cmocka_run_group_tests_name("holm memory", tests, NULL, NULL);
}
