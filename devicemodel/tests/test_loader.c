/* SPDX-License-Identifier: BSD-2-Clause */
/* Booting: a good kernel is placed right, a bad one is named and refused. */
#include "loader/bzimage.h"
#include "loader/linux_boot.h"
#include "mem/e820.h"
#include "mem/layout.h"
#include "tests/bzimage_fake.h"
#include "tests/test.h"

#include <errno.h>
#include <sys/mman.h>

static u8 image[FAKE_SIZE];
static char path[64], rd_path[64];
static bool made; /* path is a file by now, no template any more */
static struct guest_mem mem;
static u8 *ram;
static struct dm_error err;
static struct acrn_vcpu_regs regs;

static int setup(void **state)
{
	(void)state;
	guest_mem_split(&mem, 256 * MIB);
	ram = mmap(NULL, mem.low, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (ram == MAP_FAILED)
		return -1;
	fake_make(image);
	made = false;
	strcpy(path, "/tmp/holm-kernel-XXXXXX");
	strcpy(rd_path, "/tmp/holm-ramdisk-XXXXXX");
	memset(&err, 0, sizeof(err));
	return guest_mem_add(&mem, GPA(0), mem.low, ram);
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	unlink(rd_path);
	return munmap(ram, mem.low);
}

static int load(const char *cmdline, const char *ramdisk)
{
	const struct boot_params bp = { path, ramdisk, cmdline, GPA(0xf0000) };

	if (!made)
		assert_int_equal(fake_file(path, image, sizeof(image)), 0);
	made = true;
	return linux_boot_load(&mem, &bp, &regs, &err);
}

static u64 zp(u32 off, u32 size)
{
	u64 v = 0;

	memcpy(&v, ram + BOOT_ZERO_PAGE + off, size);
	return v;
}

static void test_good_kernel(void **state)
{
	(void)state;
	assert_int_equal(load("root=/dev/vda quiet", NULL), 0);
	assert_memory_equal(ram + 0x1000000, image + FAKE_SETUP, FAKE_PAYLOAD);
	assert_int_equal(regs.vcpu_regs.rip, 0x1000000);
	assert_int_equal(regs.vcpu_regs.gprs.rsi, BOOT_ZERO_PAGE);
	assert_int_equal(regs.vcpu_regs.gdt.base, BOOT_GDT);
	assert_string_equal((char *)ram + BOOT_CMDLINE, "root=/dev/vda quiet");
	assert_int_equal(zp(0x228, 4), BOOT_CMDLINE);
	assert_int_equal(zp(0x210, 1), 0xff);
	assert_int_equal(zp(0x214, 4), 0x1000000);
	assert_int_equal(zp(0x218, 4), 0);
	assert_int_equal(zp(0x070, 8), 0xf0000);
	assert_int_equal(zp(0x202, 4), 0x53726448);
	assert_int_equal(zp(0x1e8, 1), 4);
	/* Nothing in the zero page that is not the header or ours. */
	assert_int_equal(zp(0x000, 8), 0);
	assert_int_equal(zp(0xff8, 8), 0);
}

static void test_gdt(void **state)
{
	u64 gdt[4];

	(void)state;
	assert_int_equal(load("", NULL), 0);
	memcpy(gdt, ram + BOOT_GDT, sizeof(gdt));
	assert_int_equal(regs.vcpu_regs.gdt.limit, sizeof(gdt) - 1);
	assert_int_equal(gdt[0], 0);
	assert_int_equal(gdt[2], 0x00cf9b000000ffff);
	assert_int_equal(gdt[3], 0x00cf93000000ffff);
}

static void test_ramdisk(void **state)
{
	static u8 disk[5000];
	u64 at;

	(void)state;
	memset(disk, 0x5a, sizeof(disk));
	assert_int_equal(fake_file(rd_path, disk, sizeof(disk)), 0);
	assert_int_equal(load("", rd_path), 0);
	at = zp(0x218, 4);
	assert_int_equal(zp(0x21c, 4), 5000);
	assert_int_equal(at % 4096, 0);
	assert_true(at + 5000 <= mem.low && at + 5000 + 4096 > mem.low);
	assert_memory_equal(ram + at, disk, sizeof(disk));
}

/* The kernel may want it lower than memory reaches. */
static void test_ramdisk_limit(void **state)
{
	static u8 disk[5000];

	(void)state;
	fake_put(image, 0x22c, 0x7ffffff, 4);
	assert_int_equal(fake_file(rd_path, disk, sizeof(disk)), 0);
	assert_int_equal(load("", rd_path), 0);
	assert_true(zp(0x218, 4) + 5000 <= 0x8000000);
	assert_true(zp(0x218, 4) > 0x7000000);
}

static void test_ramdisk_too_big(void **state)
{
	(void)state;
	assert_int_equal(fake_file(rd_path, "x", 1), 0);
	assert_int_equal(truncate(rd_path, 240 * (off_t)MIB), 0);
	assert_int_equal(load("", rd_path), -ENOMEM);
	assert_non_null(strstr(err.text, rd_path));
	assert_non_null(strstr(err.text, "240 MiB"));
}

static void test_ramdisk_missing(void **state)
{
	(void)state;
	assert_int_equal(load("", "/nonexistent"), -ENOENT);
	assert_non_null(strstr(err.text, "ramdisk /nonexistent"));
	assert_int_equal(load("", "/tmp"), -EINVAL);
	assert_non_null(strstr(err.text, "regular file"));
}

static void test_command_line_limit(void **state)
{
	char line[2049];

	(void)state;
	memset(line, 'a', sizeof(line));
	line[2047] = 0;
	assert_int_equal(load(line, NULL), 0);
	line[2047] = 'a';
	line[2048] = 0;
	assert_int_equal(load(line, NULL), -E2BIG);
	assert_non_null(strstr(err.text, "2048 characters"));
}

static void test_init_size_must_fit(void **state)
{
	(void)state;
	fake_put(image, 0x260, 250 * MIB, 4);
	assert_int_equal(load("", NULL), -ENOMEM);
	assert_non_null(strstr(err.text, "250 MiB"));
}

static void test_alignment(void **state)
{
	(void)state;
	fake_put(image, 0x258, 0x1000001, 8);
	assert_int_equal(load("", NULL), 0);
	assert_int_equal(regs.vcpu_regs.rip, 0x1200000);
}

static void test_old_protocol(void **state)
{
	(void)state;
	fake_put(image, 0x206, 0x206, 2);
	fake_put(image, 0x234, 0, 1);
	assert_int_equal(load("", NULL), 0);
	assert_int_equal(regs.vcpu_regs.rip, 0x100000);
}

struct spoil {
	u32 off;
	u64 v;
	u32 size;
	const char *says;
};

static void test_hostile_headers(void **state)
{
	static const struct spoil spoils[] = {
		{ 0x1fe, 0x1234, 2, "boot flag 0x1234" },
		{ 0x202, 0, 4, "HdrS" },
		{ 0x206, 0x205, 2, "protocol 2.05" },
		{ 0x211, 0, 1, "zImage" },
		{ 0x1f4, 0, 4, "syssize is 0" },
		{ 0x1f4, 0xffffffff, 4, "truncated" },
		{ 0x1f1, 0xff, 1, "truncated" },
		{ 0x258, 0, 8, "pref_address" },
		{ 0x258, ~0ULL, 8, "pref_address" },
		{ 0x258, 0x80000001, 8, "pref_address" },
		{ 0x230, 0, 4, "kernel_alignment" },
		{ 0x230, 0x300000, 4, "kernel_alignment" },
		{ 0x230, 0xffffffff, 4, "kernel_alignment" },
	};
	struct bzimage img;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(spoils); i++) {
		const struct spoil *s = &spoils[i];

		fake_make(image);
		fake_put(image, s->off, s->v, s->size);
		assert_int_equal(bzimage_parse(image, FAKE_SIZE, &img, &err),
				 -ENOEXEC);
		assert_non_null(strstr(err.text, s->says));
	}
}

static void test_short_files(void **state)
{
	struct bzimage img;
	u64 size;

	(void)state;
	for (size = 0; size < FAKE_SIZE; size += 16)
		assert_int_equal(bzimage_parse(image, size, &img, &err),
				 -ENOEXEC);
	assert_int_equal(bzimage_parse(image, FAKE_SIZE, &img, &err), 0);
}

/* Random headers: an error or a kernel that lies inside memory. */
static void test_random_headers(void **state)
{
	struct bzimage img;
	u32 i, n, ok = 0;

	(void)state;
	srandom(4);
	for (i = 0; i < 200000; i++) {
		fake_make(image);
		for (n = 0; n < 4; n++)
			image[0x1f1 + random() % 0x80] = (u8)random();
		if (bzimage_parse(image, FAKE_SIZE, &img, &err))
			continue;
		ok++;
		assert_true(img.setup_size + img.payload_size <= FAKE_SIZE);
		assert_true(img.load_addr >= MIB);
		assert_true(img.header_len <= 0x290 - 0x1f1);
		assert_true(img.init_size >= img.payload_size);
	}
	assert_true(ok > 1000);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_good_kernel),
		T(test_gdt),
		T(test_ramdisk),
		T(test_ramdisk_limit),
		T(test_ramdisk_too_big),
		T(test_ramdisk_missing),
		T(test_command_line_limit),
		T(test_init_size_must_fit),
		T(test_alignment),
		T(test_old_protocol),
		T(test_hostile_headers),
		T(test_short_files),
		T(test_random_headers),
	};

	return cmocka_run_group_tests_name("dm loader", tests, NULL, NULL);
}
