/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* /dev/holm_raw: hypercalls as they are, for a test that means harm. */
#ifndef HOLM_RAW_H
#define HOLM_RAW_H

#include <linux/ioctl.h>
#include <linux/types.h>

struct holm_raw_call {
	__u64 nr;
	__u64 arg1;
	__u64 arg2;
	__s64 result;
};

#define HOLM_RAW_CALL _IOWR('H', 1, struct holm_raw_call)
/* Physical address of the memory that mmap() at offset 0 gives. */
#define HOLM_RAW_WHERE _IOR('H', 2, __u64)
#define HOLM_RAW_ORDER 10
#define HOLM_RAW_BYTES (4096UL << HOLM_RAW_ORDER)

#endif
