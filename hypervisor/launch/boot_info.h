/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the boot loader handed over, copied out of its memory so that nothing
 * later depends on where the loader put it.
 */
#ifndef LAUNCH_BOOT_INFO_H
#define LAUNCH_BOOT_INFO_H

#include "launch/efi.h"
#include "lib/types.h"
#include "mem/e820.h"

#define BOOT_CMDLINE_MAX 2048U
#define BOOT_MODULES_MAX 4U
#define BOOT_E820_MAX    512U
#define BOOT_EFI_MAX     1024U

struct boot_module {
	u64 base;
	u64 size;
	char cmdline[BOOT_CMDLINE_MAX];
};

/** A colour of a pixel: its lowest bit and how many. */
struct boot_colour {
	u8 shift, bits;
};

/** A linear framebuffer that the loader set up; base 0: there is none. */
struct boot_screen {
	u64 base;
	u32 pitch; /* bytes a line */
	u32 width, height;
	u8 depth;                     /* bits a pixel */
	struct boot_colour colour[3]; /* red, green, blue */
};

struct boot_info {
	const char *loader;             /* "multiboot1", "multiboot2" */
	char cmdline[BOOT_CMDLINE_MAX]; /* Holm's own */
	struct e820 map;                /* the firmware's */
	struct e820_entry map_buf[BOOT_E820_MAX];
	/* Where Holm, and what it loads, may be: RAM that nobody uses. */
	struct e820 free;
	struct e820_entry free_buf[BOOT_E820_MAX];
	struct efi_map efi; /* n is 0 where the firmware is no UEFI */
	struct efi_desc efi_buf[BOOT_EFI_MAX];
	u64 efi_system_table; /* 0: none, or that of a 32-bit firmware */
	struct boot_screen screen;
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
