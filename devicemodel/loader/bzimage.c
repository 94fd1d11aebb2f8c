/* SPDX-License-Identifier: BSD-2-Clause */
#include "loader/bzimage.h"

#include <errno.h>
#include <string.h>

/* Offsets in the file, boot.rst "The Real-Mode Kernel Header". */
#define HDR_SETUP_SECTS  0x1f1
#define HDR_SYSSIZE      0x1f4
#define HDR_BOOT_FLAG    0x1fe
#define HDR_JUMP         0x200
#define HDR_MAGIC        0x202
#define HDR_VERSION      0x206
#define HDR_LOADFLAGS    0x211
#define HDR_INITRD_MAX   0x22c
#define HDR_ALIGNMENT    0x230
#define HDR_RELOCATABLE  0x234
#define HDR_CMDLINE_SIZE 0x238
#define HDR_PREF_ADDRESS 0x258
#define HDR_INIT_SIZE    0x260

#define BOOT_FLAG       0xaa55
#define LOADED_HIGH     0x01
#define OLDEST_VERSION  0x206 /* cmdline_size */
#define PREF_VERSION    0x20a /* pref_address, init_size */
#define CLASSIC_LOAD    0x100000ULL
#define CMDLINE_CLASSIC 255U
#define ADDRESS_LIMIT   (2 * GIB) /* low RAM ends below */

static u64 field(const u8 *head, u32 off, u32 size)
{
	u64 v = 0;

	while (size--)
		v = v << 8 | head[off + size];
	return v;
}

static int check_kind(const u8 *head, u64 file_size, struct dm_error *err)
{
	u64 v;

	if (file_size < BZIMAGE_HEADER_SIZE)
		return dm_fail(err, -ENOEXEC,
			       "only %llu bytes long; a bzImage"
			       " header alone takes %u",
			       (unsigned long long)file_size,
			       BZIMAGE_HEADER_SIZE);
	v = field(head, HDR_BOOT_FLAG, 2);
	if (v != BOOT_FLAG)
		return dm_fail(err, -ENOEXEC,
			       "boot flag 0x%04llx is not"
			       " 0xaa55; not a bzImage",
			       (unsigned long long)v);
	if (memcmp(head + HDR_MAGIC, "HdrS", 4))
		return dm_fail(err, -ENOEXEC,
			       "no HdrS signature; not a"
			       " bzImage");
	v = field(head, HDR_VERSION, 2);
	if (v < OLDEST_VERSION)
		return dm_fail(err, -ENOEXEC,
			       "boot protocol %llu.%02llu is"
			       " too old; 2.06 is needed",
			       (unsigned long long)v >> 8,
			       (unsigned long long)v & 0xff);
	if (!(head[HDR_LOADFLAGS] & LOADED_HIGH))
		return dm_fail(err, -ENOEXEC,
			       "loads below 1 MiB (a zImage);"
			       " only bzImage is supported");
	return 0;
}

static int parse_sizes(const u8 *head, u64 file_size, struct bzimage *img,
		       struct dm_error *err)
{
	u64 sects = head[HDR_SETUP_SECTS] ? head[HDR_SETUP_SECTS] : 4;

	img->setup_size = (sects + 1) * BZIMAGE_SECTOR;
	img->payload_size = field(head, HDR_SYSSIZE, 4) * 16;
	if (img->setup_size < BZIMAGE_HEADER_SIZE)
		return dm_fail(err, -ENOEXEC,
			       "setup part of %llu bytes is"
			       " shorter than its own header",
			       (unsigned long long)img->setup_size);
	if (!img->payload_size)
		return dm_fail(err, -ENOEXEC,
			       "syssize is 0: there is no"
			       " kernel in it");
	if (img->setup_size + img->payload_size > file_size)
		return dm_fail(err, -ENOEXEC,
			       "truncated: its header promises"
			       " %llu bytes, the file has %llu",
			       (unsigned long long)(img->setup_size +
						    img->payload_size),
			       (unsigned long long)file_size);
	/* The header ends where the jump at its second byte leads to. */
	img->header_len = HDR_MAGIC + head[HDR_JUMP + 1] - BZIMAGE_SETUP_OFFSET;
	if (img->header_len > BZIMAGE_HEADER_SIZE - BZIMAGE_SETUP_OFFSET)
		img->header_len = BZIMAGE_HEADER_SIZE - BZIMAGE_SETUP_OFFSET;
	return 0;
}

static int parse_placement(const u8 *head, struct bzimage *img,
			   struct dm_error *err)
{
	img->load_addr = CLASSIC_LOAD;
	img->init_size = img->payload_size;
	img->align = field(head, HDR_ALIGNMENT, 4);
	img->relocatable = head[HDR_RELOCATABLE] != 0;
	if (img->version >= PREF_VERSION) {
		img->load_addr = field(head, HDR_PREF_ADDRESS, 8);
		img->init_size = field(head, HDR_INIT_SIZE, 4);
	}
	if (img->init_size < img->payload_size)
		img->init_size = img->payload_size;
	if (img->relocatable && (!img->align || img->align > ADDRESS_LIMIT ||
				 (img->align & (img->align - 1))))
		return dm_fail(err, -ENOEXEC,
			       "kernel_alignment 0x%llx is not"
			       " a power of two below 2 GiB",
			       (unsigned long long)img->align);
	if (img->load_addr < CLASSIC_LOAD || img->load_addr > ADDRESS_LIMIT)
		return dm_fail(err, -ENOEXEC,
			       "pref_address 0x%llx is not"
			       " between 1 MiB and 2 GiB",
			       (unsigned long long)img->load_addr);
	if (img->relocatable)
		img->load_addr = align_up(img->load_addr, img->align);
	return 0;
}

int bzimage_parse(const u8 *head, u64 file_size, struct bzimage *img,
		  struct dm_error *err)
{
	int rc = check_kind(head, file_size, err);

	if (rc)
		return rc;
	memset(img, 0, sizeof(*img));
	img->version = (u16)field(head, HDR_VERSION, 2);
	img->cmdline_size = (u32)field(head, HDR_CMDLINE_SIZE, 4);
	img->initrd_max = (u32)field(head, HDR_INITRD_MAX, 4);
	if (!img->cmdline_size)
		img->cmdline_size = CMDLINE_CLASSIC;
	rc = parse_sizes(head, file_size, img, err);
	return rc ? rc : parse_placement(head, img, err);
}
