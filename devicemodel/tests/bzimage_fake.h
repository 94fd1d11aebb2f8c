/* SPDX-License-Identifier: BSD-2-Clause */
/* A bzImage without a kernel in it, to be spoilt field by field. */
#ifndef TESTS_BZIMAGE_FAKE_H
#define TESTS_BZIMAGE_FAKE_H

#include "core/types.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FAKE_SETUP   (2 * 512U)
#define FAKE_PAYLOAD 4096U
#define FAKE_SIZE    (FAKE_SETUP + FAKE_PAYLOAD)

static inline void fake_put(u8 *image, u32 off, u64 v, u32 size)
{
	memcpy(image + off, &v, size);
}

static inline void fake_make(u8 image[FAKE_SIZE])
{
	memset(image, 0, FAKE_SETUP);
	memset(image + FAKE_SETUP, 0xc3, FAKE_PAYLOAD);
	fake_put(image, 0x1f1, 1, 1);                 /* setup_sects */
	fake_put(image, 0x1f4, FAKE_PAYLOAD / 16, 4); /* syssize */
	fake_put(image, 0x1fe, 0xaa55, 2);
	fake_put(image, 0x200, 0x6aeb, 2); /* jump */
	memcpy(image + 0x202, "HdrS", 4);
	fake_put(image, 0x206, 0x20f, 2);
	fake_put(image, 0x211, 1, 1);          /* LOADED_HIGH */
	fake_put(image, 0x22c, 0x7fffffff, 4); /* initrd_addr_max */
	fake_put(image, 0x230, 0x200000, 4);   /* kernel_alignment */
	fake_put(image, 0x234, 1, 1);          /* relocatable */
	fake_put(image, 0x238, 2047, 4);       /* cmdline_size */
	fake_put(image, 0x258, 0x1000000, 8);  /* pref_address */
	fake_put(image, 0x260, 0x400000, 4);   /* init_size */
}

/* Write bytes to a new file; path must end in XXXXXX. */
static inline int fake_file(char *path, const void *bytes, size_t n)
{
	int fd = mkstemp(path);
	ssize_t done;

	if (fd < 0)
		return -1;
	done = write(fd, bytes, n);
	close(fd);
	return done == (ssize_t)n ? 0 : -1;
}

#endif
