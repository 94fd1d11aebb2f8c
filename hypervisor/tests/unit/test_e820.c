/* SPDX-License-Identifier: BSD-2-Clause */
#include "mem/e820.h"

#include <string.h>

#include "tests/unit/mem_util.h"

#define CAP  64
#define SPAN 96 /* bytes of address space that the byte model covers */

/* The type of every byte; 0 is a hole. */
struct byte_map {
	u32 type[SPAN];
};

/* From least to most restrictive; 7 and 12 stand for unknown types. */
static const u32 order[] = {
	0, E820_RAM, E820_ACPI, E820_NVS, 7, 12, E820_RESERVED, E820_UNUSABLE,
};

static u32 order_of(u32 type)
{
	for (u32 i = 0; i < ARRAY_SIZE(order); i++) {
		if (order[i] == type)
			return i;
	}
	fail_msg("type %u", type);
	return 0;
}

static struct byte_map paint(const struct e820 *m)
{
	struct byte_map b = { { 0 } };

	for (u32 i = 0; i < m->n; i++) {
		const struct e820_entry e = m->e[i];

		for (u64 a = e.base; a < e.base + e.size; a++) {
			assert_true(a < SPAN);
			if (order_of(e.type) > order_of(b.type[a]))
				b.type[a] = e.type;
		}
	}
	return b;
}

static void assert_same(const struct byte_map *a, const struct byte_map *b)
{
	assert_memory_equal(a, b, sizeof(*a));
}

static void assert_sanitary(const struct e820 *m)
{
	for (u32 i = 0; i < m->n; i++)
		assert_true(m->e[i].size != 0);
	for (u32 i = 0; i + 1 < m->n; i++) {
		u64 end = m->e[i].base + m->e[i].size;

		assert_true(end <= m->e[i + 1].base);
		assert_true(end < m->e[i + 1].base ||
			    m->e[i].type != m->e[i + 1].type);
	}
}

static void random_map(struct e820 *m, struct rng *r, u64 max)
{
	u64 n = rng_below(r, max + 1);

	m->n = 0;
	while (m->n < n) {
		u64 base = rng_below(r, SPAN - 1);
		u64 size = 1 + rng_below(r, SPAN - base);
		u32 type = order[1 + rng_below(r, ARRAY_SIZE(order) - 1)];

		if (rng_below(r, 2) == 0)
			type = E820_RAM;
		assert_int_equal(e820_add(m, base, size, type), 0);
	}
}

static void sanitize_keeps_the_meaning(void **state)
{
	struct e820_entry buf[CAP];
	struct e820 m;
	struct rng r = { 7 };

	(void)state;
	e820_init(&m, buf, CAP);
	for (u32 i = 0; i < 20000; i++) {
		random_map(&m, &r, 12);
		struct byte_map before = paint(&m);

		assert_int_equal(e820_sanitize(&m), 0);
		struct byte_map after = paint(&m);

		assert_same(&before, &after);
		assert_sanitary(&m);
	}
}

static void sanitize_without_room_keeps_the_meaning(void **state)
{
	struct e820_entry buf[8];
	struct e820 m;
	struct rng r = { 8 };
	u32 refused = 0;

	(void)state;
	for (u32 i = 0; i < 20000; i++) {
		e820_init(&m, buf, 8);
		random_map(&m, &r, 8);
		struct byte_map before = paint(&m);
		int ret = e820_sanitize(&m);
		struct byte_map after = paint(&m);

		assert_true(ret == 0 || ret == -ENOSPC);
		refused += ret != 0;
		assert_same(&before, &after);
	}
	assert_true(refused > 0);
}

static void cut_matches_bytes(void **state)
{
	struct e820_entry buf[CAP];
	struct e820 m;
	struct rng r = { 9 };

	(void)state;
	for (u32 i = 0; i < 20000; i++) {
		e820_init(&m, buf, CAP);
		random_map(&m, &r, 6);
		assert_int_equal(e820_sanitize(&m), 0);
		u64 base = rng_below(&r, SPAN - 1);
		u64 size = 1 + rng_below(&r, SPAN - base);
		struct byte_map want = paint(&m);

		for (u64 a = base; a < base + size; a++) {
			if (want.type[a] == E820_RAM)
				want.type[a] = 0;
		}
		assert_int_equal(e820_cut(&m, base, size), 0);
		struct byte_map got = paint(&m);

		assert_same(&want, &got);
		assert_sanitary(&m);
	}
}

static void cut_four_ways(void **state)
{
	static const struct {
		u64 base, size;
		u32 n;
		struct e820_entry want[2];
	} t[] = {
		{ 0x1000, 0x1000, 1, { { 0x2000, 0x3000, E820_RAM } } },
		{ 0x4000, 0x9000, 1, { { 0x1000, 0x3000, E820_RAM } } },
		{ 0x2000,
		  0x1000,
		  2,
		  { { 0x1000, 0x1000, E820_RAM },
		    { 0x3000, 0x2000, E820_RAM } } },
		{ 0x0, 0x8000, 0, { { 0, 0, 0 } } },
	};
	struct e820_entry buf[2];
	struct e820 m;

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(t); i++) {
		e820_init(&m, buf, 2);
		assert_int_equal(e820_add(&m, 0x1000, 0x4000, E820_RAM), 0);
		assert_int_equal(e820_cut(&m, t[i].base, t[i].size), 0);
		assert_int_equal(m.n, t[i].n);
		assert_memory_equal(m.e, t[i].want, t[i].n * sizeof(*m.e));
	}
}

static void full_map_refuses_unchanged(void **state)
{
	struct e820_entry buf[1], was;
	struct e820 m;

	(void)state;
	e820_init(&m, buf, 1);
	assert_int_equal(e820_add(&m, 0x1000, 0x4000, E820_RAM), 0);
	was = buf[0];
	assert_int_equal(e820_add(&m, 0x9000, 0x1000, E820_RAM), -ENOSPC);
	assert_int_equal(e820_cut(&m, 0x2000, 0x1000), -ENOSPC);
	assert_int_equal(m.n, 1);
	assert_memory_equal(&was, buf, sizeof(was));
}

static void refuses_bad_ranges(void **state)
{
	struct e820_entry buf[4];
	struct e820 m;
	u64 at;

	(void)state;
	e820_init(&m, buf, 4);
	assert_int_equal(e820_add(&m, 0x1000, 0, E820_RAM), -EINVAL);
	assert_int_equal(e820_add(&m, ~(u64)0, 2, E820_RAM), -EINVAL);
	assert_int_equal(e820_add(&m, ~(u64)0, 1, E820_RAM), -EINVAL);
	assert_int_equal(e820_cut(&m, 0x1000, 0), -EINVAL);
	assert_int_equal(e820_cut(&m, 0x1000, ~(u64)0), -EINVAL);
	assert_int_equal(e820_alloc_top(&m, 0, 1, 0, 9, &at), -EINVAL);
	assert_int_equal(e820_alloc_top(&m, 1, 3, 0, 9, &at), -EINVAL);
	assert_int_equal(e820_alloc_top(&m, 1, 0, 0, 9, &at), -EINVAL);
	assert_int_equal(e820_alloc_top(&m, 1, 1, 9, 9, &at), -EINVAL);
	assert_false(e820_is_ram(&m, 0, 0));
	assert_int_equal(e820_end(&m), 0);
	assert_int_equal(e820_ram_bytes(&m), 0);
}

static void sanitize_drops_wrapping_entries(void **state)
{
	struct e820_entry buf[3] = {
		{ ~(u64)0 - 5, 100, E820_RAM },
		{ 16, 16, E820_RAM },
		{ 64, 0, E820_RESERVED },
	};
	struct e820 m = { buf, 3, 3 };

	(void)state;
	assert_int_equal(e820_sanitize(&m), 0);
	assert_int_equal(m.n, 1);
	assert_int_equal(m.e[0].base, 16);
}

/* The highest place by trying all of them; SPAN if there is none. */
static u64 model_top(const struct e820 *m, u64 size, u64 align, u64 min,
		     u64 max)
{
	for (u64 at = SPAN; at-- > 0;) {
		if (at % align != 0 || at < min || at + size > max)
			continue;
		for (u32 i = 0; i < m->n; i++) {
			const struct e820_entry *e = &m->e[i];

			if (e->type == E820_RAM && at >= e->base &&
			    at + size <= e->base + e->size)
				return at;
		}
	}
	return SPAN;
}

static void alloc_top_finds_the_highest(void **state)
{
	struct e820_entry buf[CAP];
	struct e820 m;
	struct rng r = { 10 };
	u32 found = 0;

	(void)state;
	e820_init(&m, buf, CAP);
	for (u32 i = 0; i < 20000; i++) {
		random_map(&m, &r, 6);
		assert_int_equal(e820_sanitize(&m), 0);
		u64 size = 1 + rng_below(&r, 20);
		u64 align = BIT64(rng_below(&r, 5));
		u64 min = rng_below(&r, 40);
		u64 max = min + 1 + rng_below(&r, SPAN);
		u64 want = model_top(&m, size, align, min, max);
		u64 got = SPAN;
		int ret = e820_alloc_top(&m, size, align, min, max, &got);

		assert_int_equal(ret, want == SPAN ? -ENOMEM : 0);
		assert_int_equal(got, want);
		found += ret == 0;
	}
	assert_true(found > 1000);
}

static void questions_match_bytes(void **state)
{
	struct e820_entry buf[CAP];
	struct e820 m;
	struct rng r = { 11 };

	(void)state;
	e820_init(&m, buf, CAP);
	for (u32 i = 0; i < 20000; i++) {
		random_map(&m, &r, 6);
		struct byte_map b = paint(&m);
		u64 base = rng_below(&r, SPAN - 8);
		u64 size = 1 + rng_below(&r, 8);
		u64 bytes = 0, end = 0;
		bool ram = true;

		for (u64 a = base; a < base + size; a++)
			ram &= b.type[a] == E820_RAM;
		assert_int_equal(e820_is_ram(&m, base, size), ram);
		for (u64 a = 0; a < SPAN; a++) {
			bytes += b.type[a] == E820_RAM;
			end = b.type[a] != 0 ? a + 1 : end;
		}
		assert_int_equal(e820_end(&m), end);
		assert_int_equal(e820_sanitize(&m), 0);
		assert_int_equal(e820_ram_bytes(&m), bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sanitize_keeps_the_meaning),
		cmocka_unit_test(sanitize_without_room_keeps_the_meaning),
		cmocka_unit_test(sanitize_drops_wrapping_entries),
		cmocka_unit_test(cut_matches_bytes),
		cmocka_unit_test(cut_four_ways),
		cmocka_unit_test(full_map_refuses_unchanged),
		cmocka_unit_test(refuses_bad_ranges),
		cmocka_unit_test(alloc_top_finds_the_highest),
		cmocka_unit_test(questions_match_bytes),
	};

	return cmocka_run_group_tests_name("e820", tests, NULL, NULL);
}
