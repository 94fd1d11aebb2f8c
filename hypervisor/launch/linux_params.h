/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * boot_params, the page of facts that a Linux kernel starts from
 * (Documentation/arch/x86/boot.rst and zero-page.rst in the kernel's tree).
 */
#ifndef LAUNCH_LINUX_PARAMS_H
#define LAUNCH_LINUX_PARAMS_H

#include "launch/boot_info.h"
#include "mem/addr.h"

#define SETUP_HEADER_AT 0x1f1U /* in the kernel's file, and in boot_params */

/* boot.rst, "The real-mode kernel header"; offsets in the file. */
struct setup_header {
	u8 setup_sects; /* 0x1f1 */
	u16 root_flags;
	u32 syssize;
	u16 ram_size;
	u16 vid_mode;
	u16 root_dev;
	u16 boot_flag;
	u16 jump;
	u32 header;
	u16 version;
	u32 realmode_swtch;
	u16 start_sys_seg;
	u16 kernel_version;
	u8 type_of_loader;
	u8 loadflags;
	u16 setup_move_size;
	u32 code32_start;
	u32 ramdisk_image;
	u32 ramdisk_size;
	u32 bootsect_kludge;
	u16 heap_end_ptr;
	u8 ext_loader_ver;
	u8 ext_loader_type;
	u32 cmd_line_ptr;
	u32 initrd_addr_max;
	u32 kernel_alignment;
	u8 relocatable_kernel;
	u8 min_alignment;
	u16 xloadflags;
	u32 cmdline_size;
	u32 hardware_subarch;
	u64 hardware_subarch_data;
	u32 payload_offset;
	u32 payload_length;
	u64 setup_data;
	u64 pref_address;
	u32 init_size;
	u32 handover_offset;
} __packed;

_Static_assert(offsetof(struct setup_header, header) + SETUP_HEADER_AT == 0x202,
	       "boot.rst");
_Static_assert(offsetof(struct setup_header, cmd_line_ptr) + SETUP_HEADER_AT ==
		       0x228,
	       "boot.rst");
_Static_assert(offsetof(struct setup_header, init_size) + SETUP_HEADER_AT ==
		       0x260,
	       "boot.rst");

/**
 * Bytes of RAM that linux_params_write() needs beside the page itself: for
 * the entries of @map beyond what the page holds, and for the EFI map. 0:
 * none.
 */
u64 linux_params_extra(const struct boot_info *bi, const struct e820 *map);

/**
 * Fill @page, one page of zeroes, and @extra (linux_params_extra() bytes
 * below 4 GiB) from header @h, memory map @map and what @bi knows of firmware
 * and screen.
 */
void linux_params_write(hpa_t page, hpa_t extra, struct setup_header *h,
			const struct boot_info *bi, const struct e820 *map);

#endif
