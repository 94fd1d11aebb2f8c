/* SPDX-License-Identifier: BSD-2-Clause */
/* Who owns what, with a cell; and descriptions beside what exists. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cell/compile.h"
#include "fake.h"
#include "holm/cell_live.h"

#define MIB 0x100000ULL

static const char timer[] =
	"name: timer\n"
	"cpus: [lapic 4]\n"
	"memory:\n"
	"  - { at: 0, phys: 64M, size: 2M, access: [read, execute] }\n"
	"  - { at: 4M, phys: 96M, size: 4K, access: [read, shared] }\n"
	"  - { at: 0xfed00000, phys: 0xfed00000, size: 4K,\n"
	"      access: [read, device] }\n"
	"ports: [ { first: 0x2f8, count: 8 } ]\n"
	"interrupts: [3]\n"
	"pci: ['00:05.0']\n"
	"shared-memory:\n"
	"  - { link: 80M, at: 8M, rw: 4K, id: 0, device: '00:0e.0' }\n";

static struct holm_cell_desc *desc;

static const struct holm_range ranges[] = {
	{ .base = 0, .size = 256 * MIB, .kind = HOLM_RANGE_RAM },
	{ .base = 240 * MIB, .size = 4 * MIB, .kind = HOLM_RANGE_HOLM_POOL },
	{ .base = 200 * MIB, .size = MIB, .kind = 0xf0000001 },
};

static struct cell_config *read_text(const char *text)
{
	struct report r = { .n = 0 };
	struct cell_config *cfg;

	assert_int_equal(cell_config_read("x", text, strlen(text), &cfg, &r),
			 0);
	return cfg;
}

/* Slot 2 is the cell, which the fake takes for a User VM. */
static int own(uint32_t subject, uint32_t index, uint64_t from, void *buf,
	       uint32_t len)
{
	static const struct holm_mapping map = { 0, 64 * MIB, 2 * MIB, 13, 0 };

	if (subject == HOLM_QUERY_VM_PORTS || subject == HOLM_QUERY_VM_MSRS)
		return -ENOENT;
	if (subject == HOLM_QUERY_VM_MAP && index == 2)
		return from ? -ENOENT
			    : fake_answer(&map, sizeof(map), 0, buf, len);
	if (subject == HOLM_QUERY_VM_MAP)
		return -ENOENT;
	if (subject == HOLM_QUERY_CELL_DESC)
		return index == 2
			       ? fake_answer(desc, desc->size, from, buf, len)
			       : -ENOENT;
	return -ENOSYS;
}

static int setup(void **state)
{
	struct cell_config *cfg = read_text(timer);

	fake_setup(state);
	assert_int_equal(cell_compile(cfg, NULL, 0, &desc), 0);
	cell_config_free(cfg);
	fake.own = own;
	fake.range = ranges;
	fake.ranges = 3;
	strcpy(fake.vm[2].name, "timer");
	fake.cpu[1].lapic_id = 4;
	fake.cpu[1].owner_vm = 2;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(desc);
	return 0;
}

static void test_map(void **state)
{
	(void)state;
	expect_out("cell map", STATUS_DONE, "\n  1      4  timer\n");
	expect_out("cell map", STATUS_DONE, "2 MiB  timer            RAM\n");
	expect_out("cell map", STATUS_DONE, "shared with the Service VM\n");
	expect_out("cell map", STATUS_DONE, "timer            device\n");
	expect_out("cell map", STATUS_DONE, "shared memory, with doorbells\n");
	expect_out("cell map", STATUS_DONE, "timer: ports 0x2f8-0x2ff\n");
	expect_out("cell map", STATUS_DONE, "timer: PCI function 00:05.0\n");
	expect_out("cell map --json", STATUS_DONE,
		   "{\"cpu\":1,\"lapic_id\":4,\"owner\":\"timer\"}");
	expect_out("cell map --json", STATUS_DONE, "\"interrupts\":[3]");
	expect_out("cell map --svg", STATUS_DONE, "Cell timer (");
	expect_out("cell map --svg", STATUS_DONE, ">CPU 1</text>");
	expect_out("hv memory --svg", STATUS_DONE, "User VM timer (");
	expect_said("cell map --svg --json", STATUS_USAGE, "not both");
}

#define HEAD(name, cpu) "name: " name "\ncpus: [lapic " cpu "]\nmemory:\n"
#define CODE            "  - { at: 0, size: 1M, access: [read, execute] }\n"

static const struct {
	const char *text, *said;
} cases[] = {
	{ HEAD("new", "5") CODE, "" },
	{ HEAD("timer", "4") CODE,
	  "x:1:7: warning: cell 'timer' exists already\n"
	  "x:2:8: CPU lapic 4 is VM 'timer's\n" },
	{ HEAD("new", "5") CODE "  - { at: 2M, phys: 241M, size: 4K }\n",
	  "x:5:21: at 0xf000000 Holm has its own: page pool\n" },
	/* The firmware's own kind. */
	{ HEAD("new", "5") CODE "  - { at: 2M, phys: 200M, size: 4K }\n", "" },
	{ HEAD("new", "5") CODE "  - { at: 2M, phys: 65M, size: 4K }\n"
				"ports: [ { first: 0x2ff } ]\n",
	  "x:5:21: the memory at 0x4100000 is 'timer's\n"
	  "x:6:19: port 0x2ff is 'timer's; both must say "
	  "'shared: true'\n" },
	{ HEAD("new", "5") CODE "shared-memory:\n"
				"  - { link: 80M, at: 8M, rw: 4K, id: 0,\n"
				"      device: '00:0e.0' }\n",
	  "x:6:38: the number 0 on this link is taken\n" },
};

static void test_live(void **state)
{
	struct cell_config *cfg;
	size_t i;
	char *said;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct report r = { .n = 0 };

		cfg = read_text(cases[i].text);
		cell_check_live(&fake_source, &cfg, 1, &r);
		said = fake_report(&r);
		assert_string_equal(said, cases[i].said);
		free(said);
		cell_config_free(cfg);
	}
}

/* An older Holm's, or an enemy's: it is said that it was not compared. */
static void test_foreign(void **state)
{
	struct cell_config *cfg = read_text(HEAD("new", "4") CODE);
	struct report r = { .n = 0 };

	(void)state;
	fake.cpu[1].owner_vm = HOLM_NO_VM;
	desc->checksum ^= 1;
	cell_check_live(&fake_source, &cfg, 1, &r);
	assert_int_equal(r.n, 1);
	assert_non_null(
		strstr(r.problem[0].text, "not compared with cell 'timer'"));
	report_free(&r);
	cell_config_free(cfg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_map, setup, teardown),
		cmocka_unit_test_setup_teardown(test_live, setup, teardown),
		cmocka_unit_test_setup_teardown(test_foreign, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
