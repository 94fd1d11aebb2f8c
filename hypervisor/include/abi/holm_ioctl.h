/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/*
 * The ioctls of /dev/holm, Holm's own calls for user space; and what
 * /dev/acrn_hsm has beyond <linux/acrn.h>.
 */
#ifndef ABI_HOLM_IOCTL_H
#define ABI_HOLM_IOCTL_H

#include <linux/ioctl.h>

#include "abi_types.h"

/*
 * Subject, index and from as HC_HOLM_QUERY has them (abi/holm.h). Writes at
 * most len bytes to the user address buf and sets out_len to the bytes
 * written. An answer longer than HOLM_IOC_LEN_MAX comes in pieces, by index or
 * from. Errors: those of HC_HOLM_QUERY, -EFAULT for an
 * address the caller may not write, -ENOTTY where the hypervisor is not Holm.
 */
struct holm_ioc_query {
	ABI_U32 subject; /* HOLM_QUERY_* */
	ABI_U32 index;
	ABI_U64 buf; /* user address */
	ABI_U32 len;
	ABI_U32 out_len;
	ABI_U64 from; /* RSI of the call */
};

#define HOLM_IOC_LEN_MAX 4096U
#define HOLM_IOC_QUERY   _IOWR(0xA2, 0xc0, struct holm_ioc_query)

/*
 * HC_HOLM_TRACE: which events are traced from now on. Errors: those of the
 * call, -EACCES where the device is not open for writing.
 */
struct holm_ioc_trace {
	ABI_U64 events;
};

#define HOLM_IOC_TRACE _IOW(0xA2, 0xc1, struct holm_ioc_trace)

/*
 * /dev/acrn_hsm: NOTIFY_REQUEST_FINISH for each slot of the argument, a bit
 * each, then ATTACH_IOREQ_CLIENT. Returns the slots that are now the client's,
 * 0 after a signal. Errors: those of the two; -EINVAL also for a slot that is
 * not the client's, and then nothing was done. A driver that does not know it
 * answers -ENOTTY, and the client goes on with the two.
 */
#define HOLM_IOC_SERVE _IO(0xA2, 0xc8)

#endif
