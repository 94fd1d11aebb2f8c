/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a boot loader hands over: the tables of multiboot 1 and 2, a command
 * line, and a kernel with its header. The tables end where a page ends that
 * cannot be read beyond; the kernel is loaded into memory of books, which is
 * all the memory there is.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "core/log.h"
#include "launch/boot_info.h"
#include "launch/linux_boot.h"
#include "mem/physmap.h"

#define MB1_MAGIC  0x2badb002U
#define MB2_MAGIC  0x36d76289U
#define TABLES_MAX KIB(64)
#define RAM        MIB(24)
#define KERNEL_AT  MIB(20)
#define HEADER_AT  0x1f1U

/* Pointers of multiboot 1, by their offset in its table. */
#define MB1_CMDLINE   16
#define MB1_MODS_ADDR 24
#define MB1_MMAP_LEN  44
#define MB1_MMAP_ADDR 48
#define MB1_SIZE      52

static u8 *tables; /* TABLES_MAX bytes below 4 GiB, then nothing */
static u8 *ram;
static struct boot_info bi;

void log_print(enum log_level level, const char *fmt, ...)
{
	(void)level;
	(void)fmt;
}

/* Memory of books. */

static u8 *ram_at(hpa_t hpa, u64 len)
{
	if (hpa.v > RAM || len > RAM - hpa.v)
		abort();
	return ram + hpa.v;
}

void physmap_read(void *dst, hpa_t src, u64 len)
{
	memcpy(dst, ram_at(src, len), len);
}

void physmap_write(hpa_t dst, const void *src, u64 len)
{
	memcpy(ram_at(dst, len), src, len);
}

void physmap_zero(hpa_t dst, u64 len)
{
	memset(ram_at(dst, len), 0, len);
}

void physmap_move(hpa_t dst, hpa_t src, u64 len)
{
	memmove(ram_at(dst, len), ram_at(src, len), len);
}

static void begin(void)
{
	if (tables)
		return;
	tables = mmap(NULL, TABLES_MAX + PAGE_SIZE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	ram = mmap(NULL, RAM, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (tables == MAP_FAILED || ram == MAP_FAILED ||
	    mprotect(tables + TABLES_MAX, PAGE_SIZE, PROT_NONE))
		abort();
}

static u32 address(const void *p)
{
	return (u32)(uintptr_t)p;
}

/* A loader's pointers do point into what it passed, and its texts end. */
static void aim(u8 *mb1, u32 size, u32 at)
{
	u32 val;

	memcpy(&val, mb1 + at, sizeof(val));
	val = address(mb1) + val % size;
	memcpy(mb1 + at, &val, sizeof(val));
}

static void put32(u8 *p, u32 val)
{
	memcpy(p, &val, sizeof(val));
}

/* The table; behind it the modules, of the same bytes, without texts. */
static void read_mb1(const u8 *data, u32 size)
{
	u8 *mb1 = tables + TABLES_MAX - size - KIB(8), *mods = mb1 + size;
	u32 at, left;

	if (size < MB1_SIZE)
		return;
	memcpy(mb1, data, size);
	memset(mods, 0, KIB(8));
	for (u32 i = 0; i < BOOT_MODULES_MAX; i++)
		memcpy(mods + i * 16, data + i * 8, 8);
	put32(mb1 + MB1_MODS_ADDR, address(mods));
	aim(mb1, size, MB1_CMDLINE);
	aim(mb1, size, MB1_MMAP_ADDR);
	memcpy(&at, mb1 + MB1_MMAP_ADDR, sizeof(at));
	memcpy(&left, mb1 + MB1_MMAP_LEN, sizeof(left));
	put32(mb1 + MB1_MMAP_LEN, left % (size - (at - address(mb1)) + 1));
	multiboot_read(&bi, MB1_MAGIC, address(mb1));
}

static void read_mb2(const u8 *data, u32 size)
{
	u32 whole = (u32)align_up(size + 8, 8);
	u8 *mb2 = tables + TABLES_MAX - whole;

	memset(mb2, 0, whole);
	memcpy(mb2 + 8, data, size);
	memcpy(mb2, &whole, sizeof(whole));
	multiboot_read(&bi, MB2_MAGIC, address(mb2));
}

static void read_options(const u8 *data, u32 size)
{
	static const char *const names[] = { "x2apic", "panic", "a" };
	char text[BOOT_CMDLINE_MAX + 1], value[8];

	memcpy(text, data, size);
	text[size] = 0;
	for (u32 i = 0; i < ARRAY_SIZE(names); i++) {
		u32 room = 1 + size % (u32)sizeof(value);

		if (boot_option(text, names[i], value, room) &&
		    strlen(value) >= room)
			abort();
	}
}

/* A kernel whose header is the input, over what is right. */
static void load_kernel(const u8 *data, u32 size)
{
	static const u8 good[] = { 1,    [0x1fe - HEADER_AT] = 0x55,
				   0xaa, [0x202 - HEADER_AT] = 'H',
				   'd',  'r',
				   'S',  0x0c,
				   2,    [0x211 - HEADER_AT] = 1 };
	u8 *kernel = ram + KERNEL_AT + HEADER_AT;
	struct linux_image img;
	u32 at = 0;

	memcpy(kernel, good, sizeof(good));
	/* Three bytes change one: two of where, one of what. */
	for (; size >= 3; data += 3, size -= 3) {
		at = (data[0] | (u32)data[1] << 8) % 0x100;
		kernel[at] = data[2];
	}
	memset(&bi, 0, sizeof(bi));
	e820_init(&bi.map, bi.map_buf, BOOT_E820_MAX);
	e820_init(&bi.free, bi.free_buf, BOOT_E820_MAX);
	e820_add(&bi.map, 0, RAM, E820_RAM);
	e820_add(&bi.free, 0, RAM, E820_RAM);
	bi.nmodules = 1 + (at & 1);
	bi.module[0].base = KERNEL_AT;
	bi.module[0].size = KIB(4) << (at & 7);
	bi.module[1].base = KERNEL_AT + MIB(1);
	bi.module[1].size = KIB(at & 0xff);
	linux_load(&bi, &bi.map, &img);
	memset(kernel, 0, 0x100);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static void (*const ways[])(const u8 *data, u32 size) = {
		read_mb1,
		read_mb2,
		read_options,
		load_kernel,
	};

	if (size < 1 || size > BOOT_CMDLINE_MAX)
		return 0;
	begin();
	memset(&bi, 0, offsetof(struct boot_info, map_buf));
	bi.nmodules = 0;
	ways[data[0] % ARRAY_SIZE(ways)](data + 1, (u32)size - 1);
	return 0;
}
