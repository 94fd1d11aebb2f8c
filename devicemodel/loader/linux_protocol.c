/* SPDX-License-Identifier: BSD-2-Clause */
#include "loader/linux_protocol.h"

#include <string.h>

/* Offsets in the zero page. */
#define ZP_ACPI_RSDP      0x070
#define ZP_E820_ENTRIES   0x1e8
#define ZP_TYPE_OF_LOADER 0x210
#define ZP_LOADFLAGS      0x211
#define ZP_CODE32_START   0x214
#define ZP_RAMDISK_IMAGE  0x218
#define ZP_RAMDISK_SIZE   0x21c
#define ZP_CMD_LINE_PTR   0x228
#define ZP_E820_TABLE     0x2d0

#define LOADER_UNDEFINED 0xff /* no assigned number */
#define CAN_USE_HEAP     0x80

static void put32(u8 *zp, u32 off, u64 v)
{
	u32 v32 = (u32)v;

	memcpy(zp + off, &v32, sizeof(v32));
}

void zero_page_fill(u8 *zp, const u8 *head, const struct bzimage *img,
		    const struct zero_page_params *p)
{
	memset(zp, 0, ZERO_PAGE_SIZE);
	memcpy(zp + BZIMAGE_SETUP_OFFSET, head + BZIMAGE_SETUP_OFFSET,
	       img->header_len);
	/* What the file says in a loader's fields is not ours to hand on. */
	memset(zp + ZP_RAMDISK_IMAGE, 0, 8);
	zp[ZP_TYPE_OF_LOADER] = LOADER_UNDEFINED;
	zp[ZP_LOADFLAGS] = (u8)(zp[ZP_LOADFLAGS] & ~CAN_USE_HEAP);
	put32(zp, ZP_CODE32_START, p->load_addr);
	put32(zp, ZP_CMD_LINE_PTR, p->cmdline);
	memcpy(zp + ZP_ACPI_RSDP, &p->rsdp, 8);
}

void zero_page_ramdisk(u8 *zp, u64 addr, u64 size)
{
	put32(zp, ZP_RAMDISK_IMAGE, addr);
	put32(zp, ZP_RAMDISK_SIZE, size);
}

void zero_page_e820(u8 *zp, const struct e820_entry *e, u32 n)
{
	assert(n <= ZERO_PAGE_E820_MAX);
	zp[ZP_E820_ENTRIES] = (u8)n;
	memcpy(zp + ZP_E820_TABLE, e, n * sizeof(*e));
}
