/* SPDX-License-Identifier: BSD-2-Clause */
/* A machine inspected, and descriptions of cells against it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cell/system.h"
#include "fake.h"
#include "tree.h"

#define CELL                            \
	"name: a\ncpus: [1]\nmemory:\n" \
	"  - { at: 0, size: 1M, access: [read, execute] }\n"

static struct cell_system *inspect(void)
{
	struct report r = { .n = 0 };
	struct cell_system *sys;
	int rc = cell_system_load(NULL, tree_root, &sys, &r);

	report_print(&r, stderr);
	assert_int_equal(rc, 0);
	return sys;
}

static int setup(void **state)
{
	if (tree_make(state))
		return -1;
	tree_machine();
	return 0;
}

static void test_inspect(void **state)
{
	struct cell_system *sys = inspect();

	(void)state;
	assert_string_equal(sys->processor.text, "Fake \"CPU\"");
	assert_int_equal(sys->iommu.v, false);
	assert_int_equal(sys->huge_pages.v, 3);
	assert_int_equal(sys->available.v, 20 << 20);
	assert_int_equal(sys->cpus_count, 4);
	assert_int_equal(sys->cpus[1].lapic.v, 2);
	assert_int_equal(sys->cpus[2].lapic.v, 4);
	assert_int_equal(sys->cpus[2].online.v, false);
	assert_int_equal(sys->cpus[3].lapic.v, 6);
	assert_int_equal(sys->firmware_count, 3);
	assert_int_equal(sys->memory_count, 10);
	assert_int_equal(sys->ports_count, 6);
	assert_int_equal(sys->interrupts_count, 4);
	assert_int_equal(sys->interrupts[2].gsi.v, 22);
	assert_string_equal(sys->interrupts[2].what.text, "ehci, uhci");
	assert_int_equal(sys->interrupts[3].gsi.v, 4);
	assert_int_equal(sys->ioapics[0].gsi.v, 24);
	assert_int_equal(sys->pci_count, 2);
	assert_string_equal(sys->pci[1].driver.text, "e1000e");
	assert_int_equal(sys->pci[1].msi.v, 4);
	assert_int_equal(sys->pci[1].msix.v, 8);
	assert_int_equal(sys->pci[1].bars_count, 2);
	assert_int_equal(sys->pci[1].bars[1].number.v, 2);
	assert_int_equal(sys->pci[1].bars[1].ports.v, true);
	assert_int_equal(sys->uarts[0].gsi.v, 4);
	cell_system_free(sys);
}

static void test_hidden(void **state)
{
	struct report r = { .n = 0 };
	struct cell_system *sys;

	(void)state;
	tree_text("/proc/iomem", "00000000-00000000 : System RAM\n");
	assert_int_equal(cell_system_load(NULL, tree_root, &sys, &r), -EACCES);
	assert_null(sys);
	assert_string_equal(r.problem[0].text, "only root sees its addresses");
	report_free(&r);
	assert_int_equal(cell_system_load(NULL, "/none", &sys, &r), -ENOENT);
	report_free(&r);
}

/* All that is said of the description. */
static char *judge(const struct cell_system *sys, const char *text)
{
	struct report r = { .n = 0 };
	struct cell_config *cfg;

	assert_int_equal(cell_config_read("x", text, strlen(text), &cfg, &r),
			 0);
	cell_check_system(cfg, sys, &r);
	cell_config_free(cfg);
	return fake_report(&r);
}

static const struct {
	const char *text, *said;
} cases[] = {
	{ CELL, "" },
	{ CELL "ports: [ { first: 0x3e8, count: 8 } ]\n"
	       "interrupts: [3]\n",
	  "" },
	{ "name: a\ncpus: [1, 4, lapic 0, lapic 5, lapic 6]\nmemory:\n"
	  "  - { at: 0, size: 1M, access: [read, execute] }\n",
	  "x:2:11: there is no CPU '4': the machine has 4\n"
	  "x:2:14: 'lapic 0' is CPU 0, which stays with the Service VM\n"
	  "x:2:23: there is no CPU 'lapic 5': the machine has 4\n" },
	/* Kept off Linux: fine. In use, none, and partly none. */
	{ CELL "  - { at: 1G, phys: 0x30000000, size: 256M }\n", "" },
	{ CELL "  - { at: 1G, phys: 0x2ffff000, size: 8K }\n",
	  "x:5:21: the Service VM uses this RAM; keep it off by "
	  "memmap=8K$0x2ffff000 on its command line, or leave out 'phys'\n" },
	{ CELL "  - { at: 1G, phys: 0x3ffff000, size: 8K }\n",
	  "x:5:21: at 0x40000000 the machine has no RAM: 'ACPI Tables'\n" },
	{ CELL "  - { at: 1G, phys: 4G, size: 8K }\n",
	  "x:5:21: at 0x100000000 the machine has no RAM\n" },
	{ CELL "  - { at: 1G, phys: 0xfed00000, size: 4K,\n"
	       "      access: [read, device] }\n",
	  "x:5:21: warning: the Service VM's 'HPET 0' uses it\n" },
	{ CELL "  - { at: 1G, phys: 0xfec00000, size: 4K,\n"
	       "      access: [read, device] }\n",
	  "x:5:21: 'IOAPIC 0' is there, which Holm keeps\n" },
	{ CELL "  - { at: 1G, phys: 0x30000000, size: 4K,\n"
	       "      access: [read, device] }\n",
	  "x:5:21: the machine has RAM there, no device: leave out the word "
	  "'device'\n" },
	{ CELL "  - { at: 1G, phys: 0xc0000000, size: 4K,\n"
	       "      access: [read, device] }\n",
	  "x:5:21: warning: the Service VM's 'e1000e' uses it\n" },
	{ CELL "  - { at: 1G, size: 26M }\n",
	  "x:1:1: the memory without 'phys' takes 14 huge pages of 2M; the "
	  "machine has 3 and room for 10 more\n" },
	{ CELL "ports:\n"
	       "  - { first: 0x20, count: 2, shared: true }\n"
	       "  - { first: 0x70, count: 2 }\n"
	       "  - { first: 0x2f8, count: 8 }\n"
	       "  - { first: 0x600, count: 4 }\n"
	       "  - { first: 0x608, count: 4, shared: true }\n"
	       "  - { first: 0xcfc, count: 4 }\n",
	  "x:6:14: port 0x20: the interrupt controllers: they have one "
	  "owner\n"
	  "x:7:14: port 0x70: the Service VM needs the clock (RTC); "
	  "'shared: true' leaves it to both\n"
	  "x:8:14: warning: port 0x2f8: the Service VM's driver 'serial' "
	  "uses it\n"
	  "x:9:14: port 0x600: the Service VM needs 'ACPI PM1a_EVT_BLK'; "
	  "'shared: true' leaves it to both\n"
	  "x:11:14: port 0xcf8: PCI configuration: the cell has its own\n" },
	{ CELL "interrupts: [9, 22, 4]\n",
	  "x:5:14: interrupt 9: the Service VM has a handler for it, 'acpi'; "
	  "unbind that driver first\n"
	  "x:5:17: interrupt 22: the Service VM has a handler for it, 'ehci, "
	  "uhci'; unbind that driver first\n"
	  "x:5:21: interrupt 4: the Service VM has a handler for it, "
	  "'ttyS0'; unbind that driver first\n" },
	{ CELL "pci: ['00:00.0', '00:02.0', '00:03.0']\n",
	  "x:5:7: PCI function 00:00.0 is a bridge: others are behind it\n"
	  "x:5:7: warning: PCI function 00:00.0: without an IOMMU it reaches "
	  "all memory\n"
	  "x:5:18: warning: PCI function 00:02.0 is taken from the driver "
	  "'e1000e'\n"
	  "x:5:18: warning: PCI function 00:02.0: without an IOMMU it reaches "
	  "all memory\n"
	  "x:5:29: there is no PCI function 00:03.0\n" },
};

static void test_judge(void **state)
{
	struct cell_system *sys = inspect();
	char *said;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		said = judge(sys, cases[i].text);
		assert_string_equal(said, cases[i].said);
		free(said);
	}
	cell_system_free(sys);
}

/* A file's entry that wraps around: its end is not its size further on. */
static void test_wrap(void **state)
{
	struct cell_system *sys = inspect();
	const unsigned int used = sys->memory_count;
	char *said;

	(void)state;
	sys->firmware[0].size.v = 0x1000;
	sys->firmware[1].at.v = 0x1000;
	sys->firmware[1].size.v = 0 - 0x1000ULL;
	sys->memory_count = 0;
	said = judge(sys, CELL "  - { at: 1G, phys: 0, size: 1G }\n");
	assert_string_equal(said, "");
	free(said);
	sys->memory_count = used;
	cell_system_free(sys);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_inspect, setup,
						tree_remove),
		cmocka_unit_test_setup_teardown(test_hidden, setup,
						tree_remove),
		cmocka_unit_test_setup_teardown(test_judge, setup, tree_remove),
		cmocka_unit_test_setup_teardown(test_wrap, setup, tree_remove),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
