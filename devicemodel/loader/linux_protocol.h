/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Linux's 32-bit boot protocol, whoever the kernel is for: the zero page and
 * the segments. Source: Linux, Documentation/arch/x86/boot.rst, zero-page.rst.
 */
#ifndef LOADER_LINUX_PROTOCOL_H
#define LOADER_LINUX_PROTOCOL_H

#include "loader/bzimage.h"
#include "mem/e820.h"

#define ZERO_PAGE_SIZE     4096U
#define ZERO_PAGE_E820_MAX 128U

/* Selectors the protocol names, and a table of descriptors with them. */
#define LINUX_BOOT_CS 0x10
#define LINUX_BOOT_DS 0x18
#define LINUX_BOOT_GDT                                             \
	{                                                          \
		0, 0, 0x00cf9b000000ffffULL, 0x00cf93000000ffffULL \
	}
#define LINUX_BOOT_GDT_SIZE 32U

struct zero_page_params {
	u64 cmdline;   /* where it is, below 4 GiB */
	u64 rsdp;      /* ACPI's root pointer; 0: let the kernel search */
	u64 load_addr; /* of the protected-mode kernel, below 4 GiB */
};

/** A zero page for the kernel whose file begins with head. */
void zero_page_fill(u8 *zp, const u8 *head, const struct bzimage *img,
		    const struct zero_page_params *p);

/** A ramdisk of size bytes at addr, both below 4 GiB. */
void zero_page_ramdisk(u8 *zp, u64 addr, u64 size);

/** The memory map; n is at most ZERO_PAGE_E820_MAX. */
void zero_page_e820(u8 *zp, const struct e820_entry *e, u32 n);

#endif
