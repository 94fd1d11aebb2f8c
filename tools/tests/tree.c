/* SPDX-License-Identifier: BSD-2-Clause */
#include "tree.h"

#include <ftw.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

char tree_root[64];

int tree_make(void **state)
{
	(void)state;
	strcpy(tree_root, "/tmp/holm-tree-XXXXXX");
	return mkdtemp(tree_root) ? 0 : -1;
}

static int drop(const char *path, const struct stat *st, int type,
		struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

int tree_remove(void **state)
{
	(void)state;
	return nftw(tree_root, drop, 16, FTW_DEPTH | FTW_PHYS);
}

static void make_folders(char *path)
{
	char *p = path + strlen(tree_root) + 1;

	while ((p = strchr(p, '/'))) {
		*p = '\0';
		mkdir(path, 0755);
		*p++ = '/';
	}
}

void tree_put(const char *path, const void *data, size_t size)
{
	char whole[PATH_MAX];
	FILE *f;

	snprintf(whole, sizeof(whole), "%s%s", tree_root, path);
	make_folders(whole);
	f = fopen(whole, "we");
	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, size, f), size);
	fclose(f);
}

void tree_text(const char *path, const char *text)
{
	tree_put(path, text, strlen(text));
}

void tree_link(const char *path, const char *target)
{
	char whole[PATH_MAX];

	snprintf(whole, sizeof(whole), "%s%s", tree_root, path);
	make_folders(whole);
	assert_int_equal(symlink(target, whole), 0);
}

static const struct {
	const char *path, *text;
} files[] = {
	{ "/proc/cpuinfo", "processor\t: 0\nmodel name\t: Fake \"CPU\"\n"
			   "apicid\t\t: 0\n\nprocessor\t: 1\n"
			   "apicid\t\t: 2\n" },
	{ "/proc/meminfo", "MemTotal:  1000000 kB\nMemFree: 5 kB\n"
			   "MemAvailable:   20480 kB\n" },
	{ "/proc/iomem", "00000000-00000fff : Reserved\n"
			 "00001000-2fffffff : System RAM\n"
			 "  01000000-01ffffff : Kernel code\n"
			 "30000000-3fffffff : Reserved\n"
			 "c0000000-febfffff : PCI Bus 0000:00\n"
			 "  c0000000-c001ffff : 0000:00:02.0\n"
			 "    c0000000-c001ffff : e1000e\n"
			 "fec00000-fec003ff : IOAPIC 0\n"
			 "fed00000-fed003ff : HPET 0\n"
			 "  fed00000-fed003ff : PNP0103:00\n" },
	{ "/proc/ioports", "0000-0cf7 : PCI Bus 0000:00\n"
			   "  0020-0021 : pic1\n"
			   "  02f8-02ff : serial\n"
			   "  0600-0603 : ACPI PM1a_EVT_BLK\n"
			   "  0608-060b : ACPI PM_TMR\n"
			   "0cf8-0cff : PCI conf1\n" },
	{ "/proc/interrupts",
	  "           CPU0       CPU1\n"
	  "  2:          1          0   IO-APIC   2-edge      timer\n"
	  "  9:          0          0   IO-APIC   9-fasteoi   acpi\n"
	  " 22:          0          0   IO-APIC  22-fasteoi   ehci, uhci\n"
	  " 26:          0         13  IO-APIC   4-edge      ttyS0\n"
	  " 28:          0          0 PCI-MSIX-0000:00:02.0 0-edge  eth0\n"
	  "NMI:          0          0   Non-maskable interrupts\n" },
	{ "/sys/firmware/memmap/0/start", "0x0\n" },
	{ "/sys/firmware/memmap/0/end", "0x9ffff\n" },
	{ "/sys/firmware/memmap/0/type", "System RAM\n" },
	{ "/sys/firmware/memmap/1/start", "0x100000\n" },
	{ "/sys/firmware/memmap/1/end", "0x3fffffff\n" },
	{ "/sys/firmware/memmap/1/type", "System RAM\n" },
	{ "/sys/firmware/memmap/2/start", "0x40000000\n" },
	{ "/sys/firmware/memmap/2/end", "0x400fffff\n" },
	{ "/sys/firmware/memmap/2/type", "ACPI Tables\n" },
	{ "/sys/devices/system/cpu/present", "0-3\n" },
	{ "/sys/devices/system/cpu/online", "0-1\n" },
	{ "/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "3\n" },
	{ "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "3\n" },
	{ "/sys/bus/pci/devices/0000:00:00.0/vendor", "0x8086\n" },
	{ "/sys/bus/pci/devices/0000:00:00.0/device", "0x29c0\n" },
	{ "/sys/bus/pci/devices/0000:00:00.0/class", "0x060000\n" },
	{ "/sys/bus/pci/devices/0000:00:02.0/vendor", "0x8086\n" },
	{ "/sys/bus/pci/devices/0000:00:02.0/device", "0x10d3\n" },
	{ "/sys/bus/pci/devices/0000:00:02.0/class", "0x020000\n" },
	{ "/sys/bus/pci/devices/0000:00:02.0/resource",
	  "0x00000000c0000000 0x00000000c001ffff 0x0000000000040200\n"
	  "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
	  "0x000000000000c000 0x000000000000c01f 0x0000000000040101\n" },
	{ "/sys/class/tty/ttyS0/port", "0x3F8\n" },
	{ "/sys/class/tty/ttyS0/type", "4\n" },
	{ "/sys/class/tty/ttyS0/irq", "26\n" },
};

/* ACPI 6.5, 5.2.12: CPUs 0, 2, one that is off, 4, 6; an I/O APIC. */
static const uint8_t madt_entries[] = {
	0, 8,  0, 0, 1, 0, 0,    0,                 /* */
	0, 8,  1, 2, 1, 0, 0,    0,                 /* */
	0, 8,  2, 3, 0, 0, 0,    0,                 /* */
	0, 8,  3, 4, 1, 0, 0,    0,                 /* */
	1, 12, 7, 0, 0, 0, 0xc0, 0xfe, 24, 0, 0, 0, /* */
	9, 16, 0, 0, 6, 0, 0,    0,    1,  0, 0, 0, 4, 0, 0, 0,
};

void tree_machine(void)
{
	uint8_t madt[44 + sizeof(madt_entries)] = "APIC";
	uint8_t config[256] = {
		[0x34] = 0x40, [0x40] = 0x05, [0x41] = 0x50, [0x42] = 0x04,
		[0x50] = 0x11, [0x51] = 0x40, [0x52] = 0x07
	};
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		tree_text(files[i].path, files[i].text);
	memcpy(madt + 44, madt_entries, sizeof(madt_entries));
	tree_put("/sys/firmware/acpi/tables/APIC", madt, sizeof(madt));
	/* Its list of capabilities bites its tail. */
	tree_put("/sys/bus/pci/devices/0000:00:02.0/config", config,
		 sizeof(config));
	tree_link("/sys/bus/pci/devices/0000:00:02.0/driver",
		  "../../../../bus/pci/drivers/e1000e");
}
