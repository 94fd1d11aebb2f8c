/* SPDX-License-Identifier: BSD-2-Clause */
#include "launch/linux_params.h"

#include <string.h>

#include "tests/unit/fake_physmap.h"
#include "tests/unit/mem_util.h"

#define PAGE_AT  HPA(FAKE_PHYS_BASE)
#define EXTRA_AT HPA(FAKE_PHYS_BASE + MIB(1))

static struct boot_info bi;
static struct setup_header header;
static struct e820_entry buf[BOOT_E820_MAX];
static struct e820 map;

static int set_up(void **state)
{
	(void)state;
	memset(&bi, 0, sizeof(bi));
	memset(&header, 0, sizeof(header));
	memset(fake_phys, 0, PAGE_SIZE);
	memset(fake_phys + PAGE_SIZE, 0xee, sizeof(fake_phys) - PAGE_SIZE);
	efi_map_init(&bi.efi, bi.efi_buf, BOOT_EFI_MAX);
	e820_init(&map, buf, BOOT_E820_MAX);
	return 0;
}

static u64 get(u64 at, u32 size)
{
	u64 v = 0;

	memcpy(&v, fake_phys + at, size);
	return v;
}

static void fill_map(u32 n)
{
	map.n = 0;
	for (u32 i = 0; i < n; i++)
		assert_int_equal(e820_add(&map, i * MIB(2), MIB(1), 1 + i % 4),
				 0);
}

static void write_params(void)
{
	u64 extra = linux_params_extra(&bi, &map);

	linux_params_write(PAGE_AT, EXTRA_AT, &header, &bi, &map);
	/* Not a byte beyond what was asked for. */
	assert_int_equal(fake_phys[PAGE_SIZE], 0xee);
	assert_int_equal(fake_phys[MIB(1) - 1], 0xee);
	assert_int_equal(fake_phys[MIB(1) + extra], 0xee);
}

/* All entries, as the kernel collects them: page first, then setup_data. */
static void check_e820(u32 n)
{
	u32 here = (u32)get(0x1e8, 1), rest;
	u64 data = get(0x250, 8), at;

	assert_int_equal(here, MIN(n, 128U));
	assert_memory_equal(fake_phys + 0x2d0, buf, here * sizeof(buf[0]));
	if (n <= 128) {
		assert_int_equal(data, 0);
		return;
	}
	at = data - FAKE_PHYS_BASE;
	assert_int_equal(get(at, 8), 0);     /* next */
	assert_int_equal(get(at + 8, 4), 1); /* SETUP_E820_EXT */
	rest = (u32)get(at + 12, 4) / (u32)sizeof(buf[0]);
	assert_int_equal(here + rest, n);
	assert_memory_equal(fake_phys + at + 16, &buf[here],
			    rest * sizeof(buf[0]));
}

static void a_map_of_any_length_arrives(void **state)
{
	const u32 n[] = { 1, 127, 128, 129, 200, BOOT_E820_MAX };

	for (u32 i = 0; i < ARRAY_SIZE(n); i++) {
		set_up(state);
		fill_map(n[i]);
		write_params();
		check_e820(n[i]);
	}
}

static void a_chain_of_setup_data_goes_on(void **state)
{
	(void)state;
	fill_map(130);
	header.setup_data = 0x123456789a;
	write_params();
	assert_int_equal(get(get(0x250, 8) - FAKE_PHYS_BASE, 8), 0x123456789a);
}

static void add_efi(u32 n, u32 stride)
{
	bi.efi.n = n;
	bi.efi.stride = stride;
	bi.efi.version = 1;
	for (u32 i = 0; i < n; i++)
		bi.efi.d[i] = (struct efi_desc){ .type = EFI_BOOT_DATA,
						 .base = i * KIB(4),
						 .pages = 1 };
	bi.efi_system_table = 0x17f5ec018;
}

static void efi_arrives_with_its_own_stride(void **state)
{
	const u32 stride[] = { 40, 48, 64 };

	for (u32 k = 0; k < ARRAY_SIZE(stride); k++) {
		u64 at;

		set_up(state);
		fill_map(150);
		add_efi(7, stride[k]);
		write_params();
		check_e820(150);
		assert_memory_equal(fake_phys + 0x1c0, "EL64", 4);
		assert_int_equal(get(0x1c4, 4) | get(0x1d8, 4) << 32,
				 0x17f5ec018);
		assert_int_equal(get(0x1c8, 4), stride[k]);
		assert_int_equal(get(0x1cc, 4), 1);
		assert_int_equal(get(0x1d4, 4), 7 * stride[k]);
		at = (get(0x1d0, 4) | get(0x1dc, 4) << 32) - FAKE_PHYS_BASE;
		for (u32 i = 0; i < 7; i++) {
			assert_memory_equal(fake_phys + at, &bi.efi.d[i],
					    sizeof(bi.efi.d[i]));
			for (u32 b = 40; b < stride[k]; b++)
				assert_int_equal(fake_phys[at + b], 0);
			at += stride[k];
		}
	}
}

static void no_efi_without_a_system_table(void **state)
{
	(void)state;
	fill_map(3);
	add_efi(7, 48);
	bi.efi_system_table = 0;
	assert_int_equal(linux_params_extra(&bi, &map), 0);
	write_params();
	assert_int_equal(get(0x1c0, 8), 0);
}

static void set_screen(u64 base)
{
	bi.screen = (struct boot_screen){
		.base = base,
		.pitch = 5120,
		.width = 1280,
		.height = 800,
		.depth = 32,
		.colour = { { 16, 8 }, { 8, 8 }, { 0, 8 } },
	};
}

static void the_screen_arrives(void **state)
{
	(void)state;
	fill_map(3);
	set_screen(0x80000000);
	write_params();
	assert_int_equal(get(0x0f, 1), 0x23); /* by VESA */
	assert_int_equal(get(0x12, 2), 1280);
	assert_int_equal(get(0x14, 2), 800);
	assert_int_equal(get(0x16, 2), 32);
	assert_int_equal(get(0x18, 4), 0x80000000);
	assert_int_equal(get(0x1c, 4), 63); /* units of 64 KiB, rounded up */
	assert_int_equal(get(0x24, 2), 5120);
	/* Red, green, blue, the rest: bits, then the lowest bit. */
	assert_int_equal(get(0x26, 8), 0x1808000808081008);
	assert_int_equal(get(0x36, 4), 0);
}

static void an_efi_screen_may_be_high(void **state)
{
	(void)state;
	fill_map(3);
	add_efi(1, 48);
	set_screen(0x3880000000);
	write_params();
	assert_int_equal(get(0x0f, 1), 0x70);
	assert_int_equal(get(0x18, 4), 0x80000000);
	assert_int_equal(get(0x1c, 4), 5120 * 800);
	assert_int_equal(get(0x36, 4), 2);
	assert_int_equal(get(0x3a, 4), 0x38);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_map_of_any_length_arrives, set_up),
		cmocka_unit_test_setup(a_chain_of_setup_data_goes_on, set_up),
		cmocka_unit_test_setup(efi_arrives_with_its_own_stride, set_up),
		cmocka_unit_test_setup(no_efi_without_a_system_table, set_up),
		cmocka_unit_test_setup(the_screen_arrives, set_up),
		cmocka_unit_test_setup(an_efi_screen_may_be_high, set_up),
	};

	return cmocka_run_group_tests_name("linux params", tests, NULL, NULL);
}
