/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The header of a Linux bzImage, checked field by field.
 * Source: Linux, Documentation/arch/x86/boot.rst.
 */
#ifndef LOADER_BZIMAGE_H
#define LOADER_BZIMAGE_H

#include "core/error.h"
#include "core/types.h"

#define BZIMAGE_SECTOR 512U
/* What must be read of a file to judge it: up to the end of the header. */
#define BZIMAGE_HEADER_SIZE  0x290U
#define BZIMAGE_SETUP_OFFSET 0x1f1U /* of the setup header */

struct bzimage {
	u16 version;      /* protocol, 0x206 or later */
	u64 setup_size;   /* bytes of the real-mode part */
	u64 payload_size; /* bytes of the protected-mode kernel */
	u64 load_addr;    /* where it prefers to be */
	u64 init_size;    /* memory it needs from load_addr on */
	u64 align;        /* of load_addr when relocatable */
	bool relocatable;
	u32 cmdline_size; /* characters, without the final 0 */
	u32 initrd_max;   /* highest address an initrd may occupy */
	u32 header_len;   /* bytes of the setup header to copy */
};

/**
 * Judge the first BZIMAGE_HEADER_SIZE bytes of a file of file_size bytes.
 * Returns 0, or -ENOEXEC with the field that is wrong.
 */
int bzimage_parse(const u8 *head, u64 file_size, struct bzimage *img,
		  struct dm_error *err);

#endif
