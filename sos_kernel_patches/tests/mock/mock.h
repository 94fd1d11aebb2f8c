/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0 */
/* /dev/hsm_mock: write a command, read the state. For the test program. */
#ifndef HSM_MOCK_H
#define HSM_MOCK_H

#include <linux/types.h>

enum mock_op {
	MOCK_REQUEST, /* put a request into the slot of vcpu, and call */
	MOCK_ASK,     /* and repeat times more, as soon as it is answered */
	MOCK_WAIT,    /* wait until that request is answered */
	MOCK_OFF,     /* the VM stops by itself, and call */
	MOCK_FAIL,    /* fail the value-th call of number addr from now */
	MOCK_AGAIN,   /* answer value calls of number addr with EAGAIN */
};

struct mock_cmd {
	__u32 op;
	__u32 vmid;
	__u32 vcpu;
	__u32 type;
	__u32 direction;
	__u32 repeat;
	__u64 addr;
	__u64 size;
	__u64 value;
};

struct mock_state {
	__u64 mapped_bytes; /* RAM and MMIO in all VMs */
	__u64 answer;       /* value of the last finished request */
	__u64 last_msi;     /* data of it */
	__u64 last_regs_rip;
	__u64 loaded; /* bytes, into cells */
	__u32 vms;
	__u32 cpus; /* taken */
	__u32 msis;
	__u32 finished;  /* requests */
	__u32 bad_calls; /* calls a correct driver never makes */
	__u32 failed;    /* calls failed on demand */
	__u32 added;     /* entries of memory batches */
	__u32 cells;
	__u32 forced; /* cells destroyed by force */
	__u32 reserved;
};

#endif
