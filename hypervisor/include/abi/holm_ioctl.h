/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* The ioctl of /dev/holm: HC_HOLM_QUERY for user space. */
#ifndef ABI_HOLM_IOCTL_H
#define ABI_HOLM_IOCTL_H

#include <linux/ioctl.h>

#include "abi_types.h"

/*
 * Subject and index as in struct holm_query (abi/holm.h). Writes at most len
 * bytes to the user address buf and sets out_len to the bytes written. An
 * answer longer than HOLM_IOC_LEN_MAX comes in pieces: the log by its index,
 * everything else fits. Errors: those of HC_HOLM_QUERY, -EFAULT for an
 * address the caller may not write, -ENOTTY where the hypervisor is not Holm.
 */
struct holm_ioc_query {
	ABI_U32 subject; /* HOLM_QUERY_* */
	ABI_U32 index;
	ABI_U64 buf; /* user address */
	ABI_U32 len;
	ABI_U32 out_len;
};

#define HOLM_IOC_LEN_MAX 4096U
#define HOLM_IOC_QUERY   _IOWR(0xA2, 0xc0, struct holm_ioc_query)

#endif
