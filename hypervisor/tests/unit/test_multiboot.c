/* SPDX-License-Identifier: BSD-2-Clause */
#include "launch/boot_info.h"

#include <string.h>
#include <sys/mman.h>

#include "tests/unit/mem_util.h"

#define MB2_MAGIC 0x36d76289U
#define INFO_SIZE KIB(64)

static struct boot_info bi;
static u8 *info; /* below 4 GiB, as a loader's is */
static u32 used;

static int map_info(void **state)
{
	(void)state;
	info = mmap(NULL, INFO_SIZE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	return info == MAP_FAILED ? -1 : 0;
}

static int set_up(void **state)
{
	(void)state;
	memset(&bi, 0, sizeof(bi));
	memset(info, 0, INFO_SIZE);
	used = 8;
	return 0;
}

/* A tag of @size bytes, of which @body are given; returns its place. */
static u8 *tag(u32 type, u32 size, const void *body, u32 len)
{
	u8 *at = info + used;

	memcpy(at, &type, 4);
	memcpy(at + 4, &size, 4);
	memcpy(at + 8, body, len);
	used += (8 + len + 7) & ~7U;
	return at;
}

static const char *read_info(void)
{
	u32 total = used + 8;
	u32 size = 8;

	memcpy(info, &total, 4);
	memcpy(info + used + 4, &size, 4); /* the end tag */
	return multiboot_read(&bi, MB2_MAGIC, (u32)(uintptr_t)info);
}

struct mmap_body {
	u32 entry_size, version;
	struct {
		u64 base, len;
		u32 type, zero;
	} e[2];
};

static const struct mmap_body bios_map = {
	24, 0, { { 0, 0x9fc00, 1, 0 }, { MIB(1), MIB(64), 1, 0 } }
};

struct efi_body {
	u32 stride, version;
	struct efi_desc d[3];
};

static const struct efi_body uefi_map = {
	40,
	1,
	{
		{ EFI_LOADER_DATA, 0, 0, 0, 0x87, EFI_ATTR_WB },
		{ EFI_CONVENTIONAL, 0, MIB(1), 0, 0x700, EFI_ATTR_WB },
		{ EFI_BOOT_DATA, 0, MIB(8), 0, 0x100, EFI_ATTR_WB },
	}
};

static void add_bios_map(void)
{
	tag(6, 8 + sizeof(bios_map), &bios_map, sizeof(bios_map));
}

static void reads_a_bios_machine(void **state)
{
	(void)state;
	add_bios_map();
	assert_null(read_info());
	assert_string_equal(bi.loader, "multiboot2");
	assert_int_equal(bi.map.n, 2);
	assert_int_equal(bi.free.n, 2);
	assert_int_equal(bi.efi.n, 0);
}

/* The firmware's map, not what the loader made of it, and boot services'
 * memory is RAM to the kernel but not yet ours to fill. */
static void reads_a_uefi_machine(void **state)
{
	const u64 systab = 0x17f5ec018;

	(void)state;
	add_bios_map();
	tag(12, 16, &systab, sizeof(systab));
	tag(17, 8 + sizeof(uefi_map), &uefi_map, sizeof(uefi_map));
	assert_null(read_info());
	assert_string_equal(bi.loader, "multiboot2 on UEFI");
	assert_int_equal(bi.efi_system_table, systab);
	assert_int_equal(bi.efi.n, 3);
	assert_true(e820_is_ram(&bi.map, MIB(8), MIB(1)));
	assert_false(e820_is_ram(&bi.free, MIB(8), MIB(1)));
	assert_true(e820_is_ram(&bi.free, 0, 0x87000));
	assert_false(e820_is_ram(&bi.map, MIB(16), MIB(1)));
}

static void a_bad_efi_map_is_refused(void **state)
{
	struct efi_body bad = uefi_map;

	(void)state;
	add_bios_map();
	bad.stride = 20;
	tag(17, 8 + sizeof(bad), &bad, sizeof(bad));
	assert_string_equal(
		read_info(),
		"the EFI memory map has descriptors of a wrong size");
}

static void boot_services_must_be_off(void **state)
{
	(void)state;
	add_bios_map();
	tag(18, 8, "", 0);
	assert_non_null(strstr(read_info(), "boot services"));
}

/* Each kind of tag with one byte less than it needs. */
static void short_tags_are_refused(void **state)
{
	static const struct {
		u32 type, size;
	} need[] = {
		{ 3, 16 },  { 6, 16 },  { 8, 32 },  { 12, 16 },
		{ 14, 28 }, { 15, 28 }, { 17, 16 },
	};
	static const u8 zero[64];

	for (u32 i = 0; i < ARRAY_SIZE(need); i++) {
		set_up(state);
		add_bios_map();
		tag(need[i].type, need[i].size - 1, zero, need[i].size - 8);
		assert_string_equal(read_info(),
				    "the boot loader's information is damaged");
	}
}

static void a_tag_without_size_does_not_hang(void **state)
{
	(void)state;
	tag(6, 0, "", 0);
	assert_string_equal(read_info(),
			    "the boot loader's information is damaged");
}

struct fb_body {
	u64 base;
	u32 pitch, width, height;
	u8 depth, type;
	u16 reserved;
	u8 colour[6];
} __packed;

static void takes_the_framebuffer(void **state)
{
	struct fb_body fb = { 0x80000000, 5120, 1280, 800,
			      32,         1,    0,    { 16, 8, 8, 8, 0, 8 } };

	(void)state;
	add_bios_map();
	tag(8, 8 + sizeof(fb), &fb, sizeof(fb));
	assert_null(read_info());
	assert_int_equal(bi.screen.base, 0x80000000);
	assert_int_equal(bi.screen.width, 1280);
	assert_int_equal(bi.screen.colour[0].shift, 16);
	assert_int_equal(bi.screen.colour[2].bits, 8);
}

static void a_text_screen_is_none(void **state)
{
	struct fb_body fb = { 0xb8000, 160, 80, 25, 16, 2, 0, { 0 } };

	(void)state;
	add_bios_map();
	tag(8, 32, &fb, sizeof(fb));
	assert_null(read_info());
	assert_int_equal(bi.screen.base, 0);
}

static void no_map_is_refused(void **state)
{
	(void)state;
	assert_string_equal(read_info(),
			    "the boot loader passed no memory map");
	assert_non_null(multiboot_read(&bi, 0, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(reads_a_bios_machine, set_up),
		cmocka_unit_test_setup(reads_a_uefi_machine, set_up),
		cmocka_unit_test_setup(a_bad_efi_map_is_refused, set_up),
		cmocka_unit_test_setup(boot_services_must_be_off, set_up),
		cmocka_unit_test_setup(short_tags_are_refused, set_up),
		cmocka_unit_test_setup(a_tag_without_size_does_not_hang,
				       set_up),
		cmocka_unit_test_setup(takes_the_framebuffer, set_up),
		cmocka_unit_test_setup(a_text_screen_is_none, set_up),
		cmocka_unit_test_setup(no_map_is_refused, set_up),
	};

	return cmocka_run_group_tests_name("multiboot", tests, map_info, NULL);
}
