/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every table must be what an independent compiler reads and compiles again
 * without a complaint, and hold what it is meant to hold.
 */
#include "acpi/acpi.h"
#include "acpi/smbios.h"
#include "mem/layout.h"
#include "tests/iasl.h"
#include "tests/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static u8 ram[MIB];
static struct guest_mem mem;
static gpa_t rsdp;
static const u32 ids[] = { 2, 3, 255 };
static char dir[] = "/tmp/holm-acpi-XXXXXX";

static const struct acpi_config config = {
	.nvcpus = 3,
	.lapic_id = ids,
	.com = { true, true },
	.pci_slots = BIT(0) | BIT(3) | BIT(31),
	.lpc_slot = 31,
};

static int setup(void **state)
{
	u64 base = FIRMWARE_BASE;

	(void)state;
	mem.low = 512 * MIB;
	if (!mkdtemp(dir) || guest_mem_add(&mem, GPA(0), sizeof(ram), ram))
		return -1;
	return acpi_build(&mem, &config, &base, FIRMWARE_END, &rsdp);
}

static int teardown(void **state)
{
	char cmd[64];

	(void)state;
	snprintf(cmd, sizeof(cmd), "rm -r %s", dir);
	return system(cmd);
}

static u64 get(u64 at, u32 size)
{
	u64 v = 0;

	memcpy(&v, ram + at, size);
	return v;
}

static u8 sum(u64 at, u64 len)
{
	u8 s = 0;

	while (len--)
		s = (u8)(s + ram[at++]);
	return s;
}

static u64 xsdt(void)
{
	return get(rsdp.v + 24, 8);
}

static u64 find(const char *sig)
{
	u64 n = (get(xsdt() + 4, 4) - 36) / 8, i, at;

	for (i = 0; i < n; i++) {
		at = get(xsdt() + 36 + 8 * i, 8);
		if (!memcmp(ram + at, sig, 4))
			return at;
	}
	if (!strcmp(sig, "DSDT"))
		return get(find("FACP") + 140, 8);
	if (!strcmp(sig, "FACS"))
		return get(find("FACP") + 132, 8);
	return 0;
}

static void test_rsdp(void **state)
{
	(void)state;
	assert_int_equal(rsdp.v % 16, 0);
	assert_true(rsdp.v >= FIRMWARE_BASE && rsdp.v < FIRMWARE_END);
	assert_memory_equal(ram + rsdp.v, "RSD PTR ", 8);
	assert_int_equal(ram[rsdp.v + 15], 2);
	assert_int_equal(sum(rsdp.v, 20), 0);
	assert_int_equal(sum(rsdp.v, 36), 0);
}

static void test_checksums(void **state)
{
	static const char *const sigs[] = { "FACP", "APIC", "MCFG", "DSDT" };
	size_t i;
	u64 at;

	(void)state;
	assert_int_equal(sum(xsdt(), get(xsdt() + 4, 4)), 0);
	for (i = 0; i < ARRAY_SIZE(sigs); i++) {
		at = find(sigs[i]);
		assert_int_not_equal(at, 0);
		assert_memory_equal(ram + at, sigs[i], 4);
		assert_int_equal(sum(at, get(at + 4, 4)), 0);
	}
}

static void test_fadt(void **state)
{
	u64 f = find("FACP");

	(void)state;
	assert_int_equal(get(f + 46, 2), 9);      /* SCI */
	assert_int_equal(get(f + 48, 4), 0);      /* no SMI port */
	assert_int_equal(get(f + 56, 4), 0x400);  /* PM1a event */
	assert_int_equal(get(f + 64, 4), 0x404);  /* PM1a control */
	assert_int_equal(get(f + 76, 4), 0x408);  /* PM timer */
	assert_int_equal(ram[f + 91], 4);         /* its length */
	assert_int_equal(get(f + 120, 8), 0xcf9); /* reset register */
	assert_int_equal(ram[f + 128], 0x06);
	assert_int_equal(get(f + 112, 4) & BIT(8), BIT(8)); /* 32-bit timer */
	assert_int_equal(get(f + 109, 2) & BIT(1), 0);      /* no 8042 */
	assert_int_equal(find("FACS") % 64, 0);
}

static void test_madt(void **state)
{
	u64 m = find("APIC"), end = m + get(m + 4, 4), at, cpu = 0;
	u32 ioapic = 0, overrides = 0;

	(void)state;
	for (at = m + 44; at < end; at += ram[at + 1]) {
		if (ram[at] == 0)
			assert_int_equal(ram[at + 3], ids[cpu++]);
		if (ram[at] == 9)
			assert_int_equal(get(at + 4, 4), ids[cpu++]);
		if (ram[at] == 1) {
			ioapic++;
			assert_int_equal(get(at + 4, 4), 0xfec00000);
			assert_int_equal(ram[at + 2], 0);
		}
		overrides += ram[at] == 2;
	}
	assert_int_equal(at, end);
	assert_int_equal(cpu, 3);
	assert_int_equal(ioapic, 1);
	assert_int_equal(overrides, 2);
}

static char dsl[65536];

static void check_with_iasl(const char *sig)
{
	iasl_check(dir, sig, ram + find(sig), dsl, sizeof(dsl));
}

static void test_iasl_tables(void **state)
{
	(void)state;
	check_with_iasl("FACP");
	check_with_iasl("FACS");
	check_with_iasl("APIC");
	check_with_iasl("MCFG");
}

static void test_iasl_dsdt(void **state)
{
	(void)state;
	check_with_iasl("DSDT");
	assert_non_null(strstr(dsl, "EisaId (\"PNP0A08\")"));
	assert_non_null(strstr(dsl, "Device (COM1)"));
	assert_non_null(strstr(dsl, "Device (COM2)"));
	assert_non_null(strstr(dsl, "EisaId (\"PNP0B00\")"));
	assert_non_null(strstr(dsl, "Name (\\_S5"));
	assert_non_null(strstr(dsl, "Device (C002)"));
	assert_null(strstr(dsl, "Device (C003)"));
	/* Slot 3, pin B: (3 + 1) & 7. */
	assert_non_null(strstr(dsl, "0x0003FFFF"));
	assert_non_null(strstr(dsl, "0x001FFFFF"));
	assert_null(strstr(dsl, "0x0004FFFF"));
	assert_non_null(strstr(dsl, "0x0000000080000000"));
}

static void test_dsdt_without_coms(void **state)
{
	struct acpi_config none = config;
	struct aml aml;

	(void)state;
	none.com[COM1] = none.com[COM2] = false;
	acpi_build_dsdt(&none, &aml);
	assert_false(aml.failed);
	assert_int_equal(aml.depth, 0);
	assert_null(memmem(aml.buf, aml.len, "COM1", 4));
	assert_non_null(memmem(aml.buf, aml.len, "RTC_", 4));
	aml_free(&aml);
}

static void test_no_room(void **state)
{
	u64 base = FIRMWARE_BASE;
	gpa_t root;

	(void)state;
	assert_true(acpi_build(&mem, &config, &base, FIRMWARE_BASE + 512,
			       &root) < 0);
}

/* PkgLength: every length up to three extra bytes decodes to itself. */
static void test_pkg_length(void **state)
{
	static const size_t sizes[] = { 0,    1,    56,   57,   58,   59,
					60,   61,   62,   63,   4085, 4089,
					4090, 4091, 4096, 70000 };
	static u8 blob[70000];
	struct aml a;
	size_t i, n, total, content;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		aml_init(&a);
		aml_open_package(&a, 0);
		aml_bytes(&a, blob, sizes[i]);
		aml_close(&a);
		assert_false(a.failed);
		n = a.buf[1] >> 6;
		total = n ? a.buf[1] & 0xf : a.buf[1] & 0x3f;
		for (content = 0; content < n; content++)
			total |= (size_t)a.buf[2 + content]
				 << (4 + 8 * content);
		assert_int_equal(total, a.len - 1);
		assert_int_equal(a.len, 1 + 1 + n + 1 + sizes[i]);
		aml_free(&a);
	}
}

static void test_aml_misuse(void **state)
{
	struct aml a;
	int i;

	(void)state;
	aml_init(&a);
	aml_close(&a);
	assert_true(a.failed);
	aml_free(&a);
	for (i = 0; i <= AML_DEPTH; i++)
		aml_open_scope(&a, "\\_SB");
	assert_true(a.failed);
	aml_free(&a);
	aml_path(&a, "TOOLONG");
	assert_true(a.failed);
	aml_free(&a);
}

static void test_smbios(void **state)
{
	static const u8 uuid[16] = { 0x00, 0x11, 0x22, 0x33, 0x44, 0x55,
				     0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb,
				     0xcc, 0xdd, 0xee, 0xff };
	static const u8 wire[16] = { 0x33, 0x22, 0x11, 0x00, 0x55, 0x44,
				     0x77, 0x66, 0x88, 0x99, 0xaa, 0xbb,
				     0xcc, 0xdd, 0xee, 0xff };
	u64 base = 0xff000, start = base;

	(void)state;
	assert_int_equal(
		smbios_build(&mem, "vm-under-test", uuid, &base, FIRMWARE_END),
		0);
	assert_memory_equal(ram + start, "_SM3_", 5);
	assert_int_equal(sum(start, 24), 0);
	assert_non_null(memmem(ram + start, base - start, wire, 16));
	assert_non_null(memmem(ram + start, base - start, "vm-under-test", 14));
	start = base = FIRMWARE_END - 64;
	assert_true(smbios_build(&mem, "x", uuid, &base, FIRMWARE_END) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_rsdp),
		TEST(test_checksums),
		TEST(test_fadt),
		TEST(test_madt),
		TEST(test_iasl_tables),
		TEST(test_iasl_dsdt),
		TEST(test_dsdt_without_coms),
		TEST(test_no_room),
		TEST(test_pkg_length),
		TEST(test_aml_misuse),
		TEST(test_smbios),
	};

	return cmocka_run_group_tests_name("dm acpi", tests, setup, teardown);
}
