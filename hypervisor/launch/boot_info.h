/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the boot loader handed over, copied out of its memory so that nothing
 * later depends on where the loader put it.
 */
#ifndef LAUNCH_BOOT_INFO_H
#define LAUNCH_BOOT_INFO_H

#include "lib/types.h"
#include "mem/e820.h"

#define BOOT_CMDLINE_MAX 2048U
#define BOOT_MODULES_MAX 4U
#define BOOT_E820_MAX    256U

struct boot_module {
	u64 base;
	u64 size;
	char cmdline[BOOT_CMDLINE_MAX];
};

struct boot_info {
	const char *loader;             /* "multiboot1", "multiboot2" */
	char cmdline[BOOT_CMDLINE_MAX]; /* Holm's own */
	struct e820 map;                /* the firmware's */
	struct e820_entry map_buf[BOOT_E820_MAX];
	u32 nmodules;
	struct boot_module module[BOOT_MODULES_MAX];
	u64 rsdp; /* 0: not told */
};

/**
 * Read the loader's tables. @magic and @info as the loader left them in EAX
 * and EBX. NULL on success, else a sentence.
 */
const char *multiboot_read(struct boot_info *bi, u32 magic, u32 info);

/**
 * Find "@name=value" in a command line; copies the value (to the next space)
 * and returns true.
 */
bool boot_option(const char *cmdline, const char *name, char *value, u32 size);

#endif
