/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a kernel in a cell is handed: where things are, the map, the tables.
 * An independent compiler must read the tables and write them again.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cell/linux.h"
#include "cell/linux_acpi.h"
#include "cell/linux_map.h"
#include "fake.h"
#include "loader/linux_protocol.h"
#include "tests/bzimage_fake.h"
#include "tests/iasl.h"

#define RWXL                                                       \
	(HOLM_CELL_M_READ | HOLM_CELL_M_WRITE | HOLM_CELL_M_EXEC | \
	 HOLM_CELL_M_LOAD)
#define PAGE_2M (2 * MIB)
#define BDF     0x0118 /* 01:03.0 */

static union {
	struct holm_cell_desc d;
	u8 bytes[8192];
} built;

static char kernel[] = "/tmp/holm-kernel-XXXXXX";
static char initrd[] = "/tmp/holm-initrd-XXXXXX";
static char dir[] = "/tmp/holm-tables-XXXXXX";

/* A machine's MADT: two I/O APICs, IRQ 0 moved to 2, IRQ 9 by level. */
static u8 madt[] = {
	'A',
	'P',
	'I',
	'C',
	86,
	0,
	0,
	0,
	[43] = 0,
	/* type, length, id, 0, address, first line */
	1,
	12,
	7,
	0,
	0,
	0,
	0xc0,
	0xfe,
	0,
	0,
	0,
	0,
	1,
	12,
	8,
	0,
	0,
	0,
	0xc1,
	0xfe,
	24,
	0,
	0,
	0,
	2,
	10,
	0,
	0,
	2,
	0,
	0,
	0,
	0,
	0,
	2,
	10,
	0,
	9,
	9,
	0,
	0,
	0,
	0xd,
	0,
};

static const struct linux_window windows[] = {
	{ 0xfe000000, 0xfe000fff, false, 1 },
	{ 0xc000, 0xc01f, true, 1 },
};

static struct cell_linux_params params = {
	.kernel = kernel,
	.initrd = initrd,
	.cmdline = "quiet",
	.madt = { madt, sizeof(madt) },
	.window = windows,
	.windows = 2,
};

static void add(const void *record, u32 size)
{
	memcpy(built.bytes + built.d.size, record, size);
	built.d.size += size;
	built.d.records++;
}

static void add_cpu(u32 lapic_id)
{
	const struct holm_cell_cpu r = { { HOLM_CELL_R_CPU, sizeof(r) },
					 lapic_id,
					 0 };

	add(&r, sizeof(r));
}

static void add_mem(u64 virt, u64 size, u32 flags)
{
	const struct holm_cell_mem r = {
		.head = { HOLM_CELL_R_MEM, sizeof(r) },
		.phys = 0x40000000 + virt,
		.virt = virt,
		.size = size,
		.flags = flags,
	};

	add(&r, sizeof(r));
}

static void add_port(u32 port, u32 count)
{
	const struct holm_cell_port r = {
		.head = { HOLM_CELL_R_PORT, sizeof(r) },
		.port = port,
		.count = count,
	};

	add(&r, sizeof(r));
}

static void add_irq(u32 gsi)
{
	const struct holm_cell_irq r = { { HOLM_CELL_R_IRQ, sizeof(r) },
					 gsi,
					 0 };

	add(&r, sizeof(r));
}

static void add_pci(u32 bdf)
{
	const struct holm_cell_pci r = { { HOLM_CELL_R_PCI, sizeof(r) },
					 bdf,
					 0 };

	add(&r, sizeof(r));
}

static void begin(void)
{
	memset(&built, 0, sizeof(built));
	built.d.size = sizeof(built.d);
	add_cpu(2);
	add_cpu(300);
}

/* 64 MiB in huge pages, a serial port, memory that is none of Linux's. */
static void usual(void)
{
	const struct holm_cell_comm comm = {
		.head = { HOLM_CELL_R_COMM, sizeof(comm) },
		.virt = 0x70000000,
	};
	u64 at;

	begin();
	add_mem(0xfed00000, 0x1000, HOLM_CELL_M_READ | HOLM_CELL_M_DEVICE);
	for (at = PAGE_2M; at < 64 * MIB; at += PAGE_2M)
		add_mem(at, PAGE_2M, RWXL);
	add_mem(0, PAGE_2M, RWXL);
	add_mem(0x60000000, 0x2000, RWXL | HOLM_CELL_M_SHARED);
	add(&comm, sizeof(comm));
	add_port(0x2f8, 8);
}

static int setup(void **state)
{
	static u8 image[FAKE_SIZE], disk[10000] = "a disk";

	(void)state;
	fake_make(image);
	return !mkdtemp(dir) || fake_file(kernel, image, sizeof(image)) ||
	       fake_file(initrd, disk, sizeof(disk));
}

static int teardown(void **state)
{
	char cmd[64];

	(void)state;
	unlink(kernel);
	unlink(initrd);
	snprintf(cmd, sizeof(cmd), "rm -r %s", dir);
	return system(cmd);
}

static void memory_map(void **state)
{
	static const struct e820_entry want[] = {
		{ 0, 0xa0000, E820_RAM },
		{ 0xf0000, 0x10000, E820_RESERVED },
		{ 0x100000, 63 * MIB, E820_RAM },
		{ 0x60000000, 0x2000, E820_RESERVED },
		{ 0x70000000, 0x1000, E820_RESERVED },
		{ 0xfed00000, 0x1000, E820_RESERVED },
	};
	struct e820_entry e[8];
	struct linux_map map;

	(void)state;
	usual();
	assert_int_equal(linux_map_build(&built.d, &map), 0);
	assert_int_equal(map.n, 4);
	assert_int_equal(linux_map_e820(&map, e, 8), 6);
	assert_memory_equal(e, want, sizeof(want));
	assert_int_equal(linux_map_e820(&map, e, 5), -E2BIG);
	assert_true(linux_map_is_ram(&map, 0, 64 * MIB));
	assert_false(linux_map_is_ram(&map, 1, 64 * MIB));
	assert_false(linux_map_is_ram(&map, 0x60000000, 1));
	assert_false(linux_map_is_ram(&map, ~0ULL, 2));
	linux_map_free(&map);
}

static u64 get(const u8 *p, u32 size)
{
	u64 v = 0;

	memcpy(&v, p, size);
	return v;
}

static const struct linux_piece *piece_at(const struct cell_linux *l, u64 to)
{
	u32 i;

	for (i = 0; i < l->pieces; i++)
		if (l->piece[i].to == to)
			return &l->piece[i];
	fail_msg("nothing is loaded at %llx", (unsigned long long)to);
	return NULL;
}

static void pieces(void **state)
{
	struct dm_error err = { "" };
	struct cell_linux l;
	const u8 *boot, *zp, *code;

	(void)state;
	usual();
	assert_int_equal(cell_linux_build(&built.d, &params, &l, &err), 0);
	assert_int_equal(piece_at(&l, 16 * MIB)->size, FAKE_PAYLOAD);
	assert_int_equal(*(u8 *)piece_at(&l, 16 * MIB)->data, 0xc3);
	assert_string_equal(piece_at(&l, 64 * MIB - 3 * 4096)->data, "a disk");
	boot = piece_at(&l, 0x1000)->data;
	zp = boot + 0x1000;
	assert_int_equal(get(zp + 0x214, 4), 16 * MIB);
	assert_int_equal(get(zp + 0x218, 4), 64 * MIB - 3 * 4096);
	assert_int_equal(get(zp + 0x21c, 4), 10000);
	assert_int_equal(get(zp + 0x228, 4), 0x3000);
	assert_string_equal(boot + 0x2000, "quiet");
	assert_int_equal(get(zp + 0x070, 8), 0xf0000);
	assert_memory_equal(piece_at(&l, 0xf0000)->data, "RSD PTR ", 8);
	/* Where a BIOS would begin: out 0x5e2, 6 */
	assert_memory_equal((u8 *)piece_at(&l, 0xf0000)->data + 0xfff0,
			    "\xba\xe2\x05\xb0\x06\xee", 6);
	assert_int_equal(piece_at(&l, 0xf0000)->size, 0x10000);
	assert_int_equal(zp[0x1e8], 6);
	/* ESI is loaded last, then comes the far jump. */
	assert_int_equal(l.entry, 0x1040);
	code = memchr(boot + 0x40, 0xea, 64);
	assert_non_null(code);
	assert_int_equal(get(code - 4, 4), 0x2000);
	assert_int_equal(get(code + 1, 4), 16 * MIB);
	assert_int_equal(get(code + 5, 2), LINUX_BOOT_CS);
	assert_int_equal(get(boot + 0x20 + 2, 4), 0x1000);
	cell_linux_free(&l);
}

static void default_console(void **state)
{
	struct cell_linux_params p = params;
	struct dm_error err;
	struct cell_linux l;

	(void)state;
	usual();
	p.cmdline = NULL;
	p.initrd = NULL;
	assert_int_equal(cell_linux_build(&built.d, &p, &l, &err), 0);
	assert_string_equal((char *)piece_at(&l, 0x1000)->data + 0x2000,
			    "console=ttyS1,115200");
	cell_linux_free(&l);
}

/* A kernel that can move goes up if its place is not the cell's. */
static void elsewhere(void **state)
{
	struct dm_error err = { "" };
	struct cell_linux l;

	(void)state;
	begin();
	add_mem(0, MIB, RWXL);
	add_mem(33 * MIB, 31 * MIB, RWXL);
	assert_int_equal(cell_linux_build(&built.d, &params, &l, &err), 0);
	assert_int_equal(piece_at(&l, 34 * MIB)->size, FAKE_PAYLOAD);
	cell_linux_free(&l);
}

static void refuses(const char *part)
{
	struct dm_error err = { "" };
	struct cell_linux l;
	int rc = cell_linux_build(&built.d, &params, &l, &err);

	assert_true(rc < 0);
	if (!strstr(err.text, part))
		fail_msg("'%s' does not say '%s'", err.text, part);
	cell_linux_free(&l);
}

static void bad_input(void **state)
{
	static char words[4096];
	struct cell_linux_params good = params;

	(void)state;
	begin();
	add_mem(MIB, 63 * MIB, RWXL);
	refuses("memory: Linux needs [0, 1 MiB)");
	begin();
	add_mem(0, 64 * MIB, RWXL & ~HOLM_CELL_M_LOAD);
	refuses("memory: Linux needs [0, 1 MiB)");
	begin();
	add_mem(0, 18 * MIB, RWXL);
	refuses("needs 4 MiB of loadable");
	begin();
	add_mem(0, MIB, RWXL);
	add_mem(16 * MIB, 4 * MIB, RWXL);
	refuses("initrd /tmp/holm-initrd-");
	usual();
	add_irq(3);
	params.madt.size = 0;
	refuses("interrupt 3: the machine's ACPI table");
	params = good;
	usual();
	params.kernel = initrd;
	refuses("boot flag");
	params.kernel = "/";
	refuses("kernel /: not a regular file");
	params = good;
	params.initrd = "/nowhere";
	refuses("initrd /nowhere: No such file");
	params = good;
	memset(words, 'x', sizeof(words) - 1);
	params.cmdline = words;
	refuses("4095 characters; this kernel takes at most 2047");
	params = good;
}

static u8 tables[65536];

static const u8 *find(const char *sig)
{
	return memmem(tables, sizeof(tables), sig, 4);
}

/* The table as source text, without a complaint. */
static const char *as_source(const char *sig)
{
	static char text[65536];

	iasl_check(dir, sig, find(sig), text, sizeof(text));
	return text;
}

static int build(const struct cell_linux_params *p, size_t size)
{
	struct linux_tables t = { tables, size, 0xf0000, 0 };
	struct dm_error err;
	int rc = linux_acpi_build(&built.d, p, &t, &err);

	if (rc > 0)
		assert_int_equal(t.rsdp, 0xf0000);
	return rc;
}

static void build_tables(void)
{
	memset(tables, 0, sizeof(tables));
	assert_true(build(&params, sizeof(tables)) > 0);
}

static void no_interrupts(void **state)
{
	const char *s;

	(void)state;
	usual();
	build_tables();
	s = as_source("APIC");
	assert_non_null(strstr(s, "Local Apic ID : 02"));
	assert_non_null(strstr(s, "Processor x2Apic ID : 0000012C"));
	assert_null(strstr(s, "[I/O APIC]"));
	assert_null(strstr(s, "Override"));
	s = as_source("DSDT");
	assert_non_null(strstr(s, "Device (COM2)"));
	assert_null(strstr(s, "Device (COM1)"));
	assert_null(strstr(s, "IRQNoFlags"));
	assert_null(strstr(s, "PNP0A03"));
	assert_non_null(strstr(s, "Name (\\_S5"));
	assert_non_null(strstr(s, "Device (C001)"));
	s = as_source("FACP");
	assert_non_null(strstr(s, "Hardware Reduced (V5) : 1"));
	assert_non_null(strstr(s, "MSI Not Supported (V4) : 1"));
	assert_non_null(strstr(s, "CMOS RTC Not Present (V5) : 1"));
	assert_non_null(strstr(s, "00000000000005E0"));
	assert_non_null(strstr(s, "00000000000005E2"));
}

static void interrupts_and_pci(void **state)
{
	const char *s;

	(void)state;
	usual();
	add_irq(3);
	add_irq(9);
	add_pci(BDF);
	build_tables();
	s = as_source("APIC");
	assert_non_null(strstr(s, "I/O Apic ID : 07"));
	assert_null(strstr(s, "I/O Apic ID : 08"));
	assert_non_null(strstr(s, "Source : 09"));
	assert_null(strstr(s, "Source : 00"));
	s = as_source("DSDT");
	assert_non_null(strstr(s, "IRQNoFlags"));
	assert_non_null(strstr(s, "Device (PC00)"));
	assert_non_null(strstr(s, "Device (PC01)"));
	assert_non_null(strstr(s, "0x00000000FE000000"));
	assert_non_null(strstr(s, "0xC01F"));
	s = as_source("FACP");
	assert_non_null(strstr(s, "MSI Not Supported (V4) : 0"));
}

/* The kernel places the BARs of shared memory where nothing else is. */
static void shared_memory(void **state)
{
	const struct holm_cell_ivshmem v = {
		.head = { HOLM_CELL_R_IVSHMEM, sizeof(v) },
		.virt = 0xfea00000,
		.rw_size = 0x1000,
		.peers = 2,
		.bdf = 0x70,
	};
	const char *s;

	(void)state;
	usual();
	add(&v, sizeof(v));
	add_mem(0xfeb00000, 0x1000, HOLM_CELL_M_READ | HOLM_CELL_M_DEVICE);
	build_tables();
	s = as_source("DSDT");
	assert_non_null(strstr(s, "Device (PC00)"));
	assert_null(strstr(s, "Device (PC01)"));
	assert_non_null(strstr(s, "0x00000000FE900000"));
	assert_non_null(strstr(s, "0x00000000FE9FFFFF"));
}

/* A machine's table that is cut off or twisted is read only where it is. */
static void broken_madt(void **state)
{
	u8 copy[sizeof(madt)];
	size_t i;

	(void)state;
	usual();
	add_irq(30);
	for (i = 0; i < 2000; i++) {
		struct cell_linux_params p = params;
		u8 *exact;

		memcpy(copy, madt, sizeof(copy));
		copy[44 + i % (sizeof(copy) - 44)] = (u8)(i / 7);
		p.madt.size = sizeof(copy) - i % 50;
		exact = malloc(p.madt.size);
		assert_non_null(exact);
		memcpy(exact, copy, p.madt.size);
		p.madt.data = exact;
		build(&p, sizeof(tables));
		free(exact);
	}
	assert_int_equal(build(&params, 300), -ENOSPC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_map),
		cmocka_unit_test(pieces),
		cmocka_unit_test(default_console),
		cmocka_unit_test(elsewhere),
		cmocka_unit_test(bad_input),
		cmocka_unit_test(no_interrupts),
		cmocka_unit_test(interrupts_and_pci),
		cmocka_unit_test(shared_memory),
		cmocka_unit_test(broken_madt),
	};

	return cmocka_run_group_tests_name("linux in a cell", tests, setup,
					   teardown);
}
