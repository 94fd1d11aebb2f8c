/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Any file as a kernel, and as its ramdisk: the loader refuses it with a
 * sentence, or what it loads lies in the guest's memory and starts there.
 */
#include "loader/linux_boot.h"
#include "mem/layout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define CHECK(cond)              \
	do {                     \
		if (!(cond))     \
			abort(); \
	} while (0)
#define RAM      (4 * MIB)
#define FILE_LEN 0x1000U
#define HEADER   0x1f1U

/* What every kernel has, from 0x1f1 on; the input changes it. */
static const u8 good[] = { 1,
			   [0x1f4 - HEADER] = 0x40,
			   [0x1fe - HEADER] = 0x55,
			   0xaa,
			   0xeb,
			   0x66,
			   'H',
			   'd',
			   'r',
			   'S',
			   0x0c,
			   0x02,
			   [0x211 - HEADER] = 1,
			   [0x22c - HEADER] = 0xff,
			   0xff,
			   0xff,
			   0x7f,
			   [0x25a - HEADER] = 0x10,
			   [0x261 - HEADER] = 0x10 };

static int kernel = -1, ramdisk;
static char kernel_path[32], ramdisk_path[32];
static u8 *ram;

static void begin(void)
{
	if (kernel >= 0)
		return;
	kernel = memfd_create("kernel", 0);
	ramdisk = memfd_create("ramdisk", 0);
	CHECK(kernel >= 0 && ramdisk >= 0);
	snprintf(kernel_path, sizeof(kernel_path), "/proc/self/fd/%d", kernel);
	snprintf(ramdisk_path, sizeof(ramdisk_path), "/proc/self/fd/%d",
		 ramdisk);
	/* On the heap: a byte beyond the guest's memory is seen. */
	ram = malloc(RAM);
	CHECK(ram);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Length of the file and of the ramdisk; then three bytes change one. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct guest_mem mem;
	struct boot_params bp = { .cmdline = "quiet" };
	struct acrn_vcpu_regs regs;
	struct dm_error err = { "" };
	u8 file[FILE_LEN] = { 0 };
	size_t i;

	if (size < 4)
		return 0;
	begin();
	memcpy(file + HEADER, good, sizeof(good));
	for (i = 4; i + 3 <= size; i += 3)
		file[(data[i] | (u32)data[i + 1] << 8) % FILE_LEN] =
			data[i + 2];
	CHECK(!ftruncate(kernel, 0) && !ftruncate(ramdisk, data[1] * 4096));
	CHECK(pwrite(kernel, file, (data[0] | 1U) * 16U, 0) > 0);
	guest_mem_split(&mem, RAM);
	mem.count = 0;
	guest_mem_add(&mem, GPA(0), RAM, ram);
	bp.kernel = kernel_path;
	bp.ramdisk = data[2] & 1 ? ramdisk_path : NULL;
	if (linux_boot_load(&mem, &bp, &regs, &err))
		CHECK(err.text[0]);
	else
		CHECK(regs.vcpu_regs.rip >= MIB && regs.vcpu_regs.rip < RAM);
	return 0;
}
