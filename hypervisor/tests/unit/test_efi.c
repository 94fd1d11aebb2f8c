/* SPDX-License-Identifier: BSD-2-Clause */
#include "launch/efi.h"

#include <string.h>

#include "tests/unit/mem_util.h"

#define CAP  64U
#define SPAN 48U /* pages of address space that the page model covers */
#define P(n) ((u64)(n)*EFI_PAGE_SIZE)
#define WB   EFI_ATTR_WB

static struct efi_desc desc_buf[CAP];
static struct e820_entry e820_buf[CAP];
static struct efi_map map;
static struct e820 out;
static u8 table[EFI_STRIDE_MAX * CAP];

static struct efi_desc make(u32 type, u64 page, u64 pages, u64 attr)
{
	return (struct efi_desc){
		.type = type, .base = P(page), .pages = pages, .attr = attr
	};
}

static int set_up(void **state)
{
	(void)state;
	efi_map_init(&map, desc_buf, CAP);
	e820_init(&out, e820_buf, CAP);
	/* What stands between descriptors must not matter. */
	memset(table, 0xee, sizeof(table));
	return 0;
}

static const char *read_with(const struct efi_desc *d, u32 n, u32 stride)
{
	for (u32 i = 0; i < n; i++)
		memcpy(table + (u64)i * stride, &d[i], sizeof(*d));
	return efi_map_read(&map, table, (u64)n * stride, stride, 1);
}

static void reads_any_stride(void **state)
{
	const struct efi_desc d[] = {
		make(EFI_CONVENTIONAL, 16, 4, WB),
		make(EFI_RUNTIME_CODE, 20, 2, WB | EFI_ATTR_RUNTIME),
	};
	const u32 stride[] = { 40, 48, 64, 256 };

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(stride); i++) {
		assert_null(read_with(d, ARRAY_SIZE(d), stride[i]));
		assert_int_equal(map.n, 2);
		assert_int_equal(map.stride, stride[i]);
		assert_memory_equal(map.d, d, sizeof(d));
	}
}

static void refuses_a_bad_stride(void **state)
{
	const u32 stride[] = { 0, 8, 32, 39, 41, 44, 264, 0xffffffff };

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(stride); i++)
		assert_non_null(efi_map_read(&map, table, 480, stride[i], 1));
}

static void refuses_an_empty_or_long_map(void **state)
{
	static struct efi_desc many[CAP + 1];

	(void)state;
	assert_non_null(efi_map_read(&map, table, 0, 48, 1));
	assert_non_null(efi_map_read(&map, table, 47, 48, 1));
	for (u32 i = 0; i < CAP + 1; i++)
		many[i] = make(EFI_BOOT_DATA, 2 * i, 1, WB);
	assert_null(read_with(many, CAP, 48));
	assert_non_null(read_with(many, CAP + 1, 48));
}

static void a_cut_off_descriptor_does_not_count(void **state)
{
	const struct efi_desc d[] = { make(EFI_CONVENTIONAL, 1, 1, WB),
				      make(EFI_CONVENTIONAL, 5, 1, WB) };

	(void)state;
	assert_null(read_with(d, 2, 48));
	assert_null(efi_map_read(&map, table, 95, 48, 1));
	assert_int_equal(map.n, 1);
}

static void leaves_out_what_describes_nothing(void **state)
{
	struct efi_desc d[] = {
		make(EFI_CONVENTIONAL, 8, 0, WB), /* empty */
		make(EFI_CONVENTIONAL, 8, ~0ULL, WB),
		make(EFI_CONVENTIONAL, 8, ~0ULL / EFI_PAGE_SIZE, WB),
		make(EFI_CONVENTIONAL, ~0ULL / EFI_PAGE_SIZE, 1, WB),
		make(EFI_CONVENTIONAL, 3, 1, WB), /* misaligned below */
		make(EFI_CONVENTIONAL, 4, 1, WB),
	};

	(void)state;
	d[4].base += 8;
	assert_null(read_with(d, ARRAY_SIZE(d), 48));
	assert_int_equal(map.n, 1);
	assert_int_equal(map.d[0].base, P(4));
}

static void types_become_what_linux_expects(void **state)
{
	static const struct {
		u32 efi, e820;
	} want[] = {
		{ EFI_RESERVED, E820_RESERVED },
		{ EFI_LOADER_CODE, E820_RAM },
		{ EFI_LOADER_DATA, E820_RAM },
		{ EFI_BOOT_CODE, E820_RAM },
		{ EFI_BOOT_DATA, E820_RAM },
		{ EFI_RUNTIME_CODE, E820_RESERVED },
		{ EFI_RUNTIME_DATA, E820_RESERVED },
		{ EFI_CONVENTIONAL, E820_RAM },
		{ EFI_UNUSABLE, E820_UNUSABLE },
		{ EFI_ACPI_RECLAIM, E820_ACPI },
		{ EFI_ACPI_NVS, E820_NVS },
		{ EFI_MMIO, E820_RESERVED },
		{ EFI_MMIO_PORTS, E820_RESERVED },
		{ EFI_PAL_CODE, E820_RESERVED },
		{ EFI_PERSISTENT, E820_PERSISTENT },
		{ 15, E820_RESERVED },
		{ 0x70000000, E820_RESERVED }, /* the firmware maker's own */
		{ 0xffffffff, E820_RESERVED },
	};

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(want); i++) {
		struct efi_desc d = make(want[i].efi, 3, 2, WB);

		assert_null(read_with(&d, 1, 48));
		assert_int_equal(efi_map_to_e820(&map, &out), 0);
		assert_int_equal(out.n, 1);
		assert_int_equal(out.e[0].type, want[i].e820);
		assert_int_equal(out.e[0].base, P(3));
		assert_int_equal(out.e[0].size, P(2));
	}
}

static void only_plain_memory_is_ram(void **state)
{
	const u64 attr[] = { 0, BIT64(0), WB | EFI_ATTR_SP, EFI_ATTR_SP };

	(void)state;
	for (u32 i = 0; i < ARRAY_SIZE(attr); i++) {
		struct efi_desc d = make(EFI_CONVENTIONAL, 3, 2, attr[i]);

		assert_null(read_with(&d, 1, 48));
		assert_int_equal(efi_map_to_e820(&map, &out), 0);
		assert_int_equal(out.e[0].type, E820_RESERVED);
		assert_int_equal(efi_map_to_ram(&map, EFI_FREE_TYPES, &out), 0);
		assert_int_equal(out.e[0].type, E820_RESERVED);
	}
}

/* A firmware's map has a descriptor for every allocation it ever made. */
static void neighbours_of_one_kind_are_one_entry(void **state)
{
	struct efi_desc d[CAP];

	(void)state;
	for (u32 i = 0; i < CAP; i++)
		d[i] = make(i % 2 ? EFI_BOOT_CODE : EFI_BOOT_DATA, i, 1, WB);
	assert_null(read_with(d, CAP, 48));
	out.cap = 1;
	assert_int_equal(efi_map_to_e820(&map, &out), 0);
	assert_int_equal(out.n, 1);
	assert_int_equal(out.e[0].size, P(CAP));
	d[CAP / 2].type = EFI_RUNTIME_DATA;
	assert_null(read_with(d, CAP, 48));
	out.cap = 2;
	assert_int_equal(efi_map_to_e820(&map, &out), -ENOSPC);
}

static void random_map(struct rng *r)
{
	struct efi_desc d[12];
	u32 n = 1 + (u32)rng_below(r, ARRAY_SIZE(d));

	for (u32 i = 0; i < n; i++) {
		u64 page = rng_below(r, SPAN - 8);

		d[i] = make((u32)rng_below(r, 16), page, 1 + rng_below(r, 8),
			    rng_below(r, 4) ? WB : EFI_ATTR_RUNTIME);
	}
	assert_null(read_with(d, n, 48));
}

static bool is_ram(const struct e820 *m, u64 page)
{
	return e820_is_ram(m, P(page), P(1));
}

/* Overlapping and unsorted: a page is RAM only if all agree that it is. */
static void doubtful_pages_are_not_ram(void **state)
{
	struct rng r = { 11 };

	(void)state;
	for (u32 n = 0; n < 5000; n++) {
		random_map(&r);
		assert_int_equal(efi_map_to_ram(&map, EFI_FREE_TYPES, &out), 0);
		for (u64 page = 0; page < SPAN; page++) {
			bool any = false, all = true;

			for (u32 i = 0; i < map.n; i++) {
				const struct efi_desc *d = &map.d[i];

				if (P(page) < d->base ||
				    P(page) >= d->base + P(d->pages))
					continue;
				any = true;
				all &= d->attr == WB &&
				       (d->type == 1 || d->type == 2 ||
					d->type == 7);
			}
			assert_int_equal(is_ram(&out, page), any && all);
		}
	}
}

struct page_model {
	u32 count[SPAN]; /* descriptors that cover the page */
	u32 reserved[SPAN];
	u32 runtime[SPAN];
};

static struct page_model model(void)
{
	struct page_model m = { { 0 }, { 0 }, { 0 } };

	for (u32 i = 0; i < map.n; i++) {
		const struct efi_desc *d = &map.d[i];

		assert_true(d->pages > 0 && d->base % EFI_PAGE_SIZE == 0);
		for (u64 k = 0; k < d->pages; k++) {
			u64 page = d->base / EFI_PAGE_SIZE + k;

			assert_true(page < SPAN);
			m.count[page]++;
			m.reserved[page] += d->type == EFI_RESERVED;
			m.runtime[page] += (d->attr & EFI_ATTR_RUNTIME) != 0;
		}
	}
	return m;
}

static void reserving_changes_that_range_alone(void **state)
{
	struct rng r = { 13 };

	(void)state;
	for (u32 n = 0; n < 5000; n++) {
		u64 from = rng_below(&r, SPAN - 12), to;
		struct page_model a, b;

		to = from + 1 + rng_below(&r, 10);
		random_map(&r);
		a = model();
		assert_int_equal(efi_map_reserve(&map, P(from), P(to - from)),
				 0);
		b = model();
		for (u64 page = 0; page < SPAN; page++) {
			bool in = page >= from && page < to;

			assert_int_equal(a.count[page], b.count[page]);
			assert_int_equal(b.reserved[page],
					 in ? a.count[page] : a.reserved[page]);
			assert_int_equal(b.runtime[page],
					 in ? 0 : a.runtime[page]);
		}
	}
}

static void reserving_without_room_changes_nothing(void **state)
{
	const struct efi_desc d = make(EFI_CONVENTIONAL, 4, 8, WB);

	(void)state;
	assert_null(read_with(&d, 1, 48));
	map.cap = 2;
	assert_int_equal(efi_map_reserve(&map, P(5), P(2)), -ENOSPC);
	assert_int_equal(map.n, 1);
	assert_memory_equal(map.d, &d, sizeof(d));
	map.cap = 3;
	assert_int_equal(efi_map_reserve(&map, P(5), P(2)), 0);
	assert_int_equal(map.n, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(reads_any_stride, set_up),
		cmocka_unit_test_setup(refuses_a_bad_stride, set_up),
		cmocka_unit_test_setup(refuses_an_empty_or_long_map, set_up),
		cmocka_unit_test_setup(a_cut_off_descriptor_does_not_count,
				       set_up),
		cmocka_unit_test_setup(leaves_out_what_describes_nothing,
				       set_up),
		cmocka_unit_test_setup(types_become_what_linux_expects, set_up),
		cmocka_unit_test_setup(only_plain_memory_is_ram, set_up),
		cmocka_unit_test_setup(neighbours_of_one_kind_are_one_entry,
				       set_up),
		cmocka_unit_test_setup(doubtful_pages_are_not_ram, set_up),
		cmocka_unit_test_setup(reserving_changes_that_range_alone,
				       set_up),
		cmocka_unit_test_setup(reserving_without_room_changes_nothing,
				       set_up),
	};

	return cmocka_run_group_tests_name("efi", tests, NULL, NULL);
}
