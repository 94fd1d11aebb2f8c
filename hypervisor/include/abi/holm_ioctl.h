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

/*
 * Cells, on /dev/holm open for writing (else -EACCES). Errors beside those of
 * the hypercalls (abi/cell.h): -EFAULT, -ENOMEM, -EINTR.
 *
 * HOLM_IOC_CELL_PIN: [addr, addr + size) is memory of the caller in huge
 * pages. It stays where it is, and the file holds it, until a description of a
 * cell names it or the file is closed. Writes the physical address of each
 * 2 MiB to phys. -EINVAL: not whole huge pages.
 *
 * HOLM_IOC_CELL_CREATE: takes the CPUs and the PCI functions that the
 * description names away from Linux and makes the cell; returns its id.
 * Memory must be pinned by this file or unknown to Linux (reserved on its
 * command line, or a device's): else -EBUSY. What is pinned is the cell's
 * until it is destroyed, whatever becomes of the caller.
 *
 * HOLM_IOC_CELL_LOAD: copies the caller's [from, from + size) to the cell's
 * address to. HOLM_IOC_CELL_START, _STOP, _DESTROY: argument = id. DESTROY
 * also gives memory, CPUs and PCI functions back to Linux; its argument is
 * id | HOLM_IOC_CELL_FORCE to do so even if another cell is locked.
 */
#define HOLM_IOC_CELL_FORCE (1ULL << 32)

struct holm_ioc_cell_pin {
	ABI_U64 addr;
	ABI_U64 size;
	ABI_U64 phys; /* user address of size / 2 MiB ABI_U64 */
};

struct holm_ioc_cell_create {
	ABI_U64 desc; /* user address of a struct holm_cell_desc */
	ABI_U64 size;
};

struct holm_ioc_cell_load {
	ABI_U32 id;
	ABI_U32 reserved; /* 0 */
	ABI_U64 from;     /* user address */
	ABI_U64 to;       /* the cell's address */
	ABI_U64 size;     /* bytes */
};

struct holm_ioc_cell_ask {
	ABI_U32 id;
	ABI_U32 message;
};

#define HOLM_IOC_CELL_PIN     _IOW(0xA2, 0xd0, struct holm_ioc_cell_pin)
#define HOLM_IOC_CELL_CREATE  _IOW(0xA2, 0xd1, struct holm_ioc_cell_create)
#define HOLM_IOC_CELL_LOAD    _IOW(0xA2, 0xd2, struct holm_ioc_cell_load)
#define HOLM_IOC_CELL_START   _IO(0xA2, 0xd3)
#define HOLM_IOC_CELL_STOP    _IO(0xA2, 0xd4)
#define HOLM_IOC_CELL_DESTROY _IO(0xA2, 0xd5)
#define HOLM_IOC_CELL_ASK     _IOW(0xA2, 0xd6, struct holm_ioc_cell_ask)

#endif
