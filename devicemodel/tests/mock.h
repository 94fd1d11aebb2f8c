/* SPDX-License-Identifier: BSD-2-Clause */
/* A hypervisor of our own making: records what is asked, plays a guest. */
#ifndef TESTS_MOCK_H
#define TESTS_MOCK_H

#include "core/vmm.h"

#define MOCK_LOG     2048
#define MOCK_GSIS    48
#define MOCK_MSIS    16
#define MOCK_MEMSEGS 8

struct mock {
	struct vmm vmm;
	struct acrn_io_request_buffer *page;
	struct acrn_vm_creation creation;
	struct acrn_vcpu_regs regs;
	struct acrn_vm_memmap memseg[MOCK_MEMSEGS];
	uint32_t memsegs;
	/** Called by attach: fill slots, or return an error. */
	int (*guest)(struct mock *m, uint32_t turn);
	uint32_t turn;
	/** As a driver that tells and waits in two calls. */
	int no_serve;
	uint32_t served;
	/** Operation of this name fails with fail_rc. */
	const char *fail_op;
	int fail_rc;
	uint32_t fail_times; /* 0: for ever */
	char log[MOCK_LOG];  /* one word an operation */
	int level[MOCK_GSIS];
	uint32_t raised[MOCK_GSIS];
	struct acrn_msi_entry msi[MOCK_MSIS];
	uint32_t msis;
	void *arg;
};

void mock_init(struct mock *m);

/** Put a request into a slot as the driver would hand it over. */
void mock_pio(struct mock *m, uint32_t vcpu, uint16_t port, uint32_t size,
	      int write, uint32_t val);
void mock_mmio(struct mock *m, uint32_t vcpu, uint64_t addr, uint32_t size,
	       int write, uint64_t val);
/* where: slot << 8 | register. */
void mock_cfg(struct mock *m, uint32_t vcpu, uint32_t where, uint32_t size,
	      int write, uint32_t val);

/** What a finished slot holds. */
uint64_t mock_value(const struct mock *m, uint32_t vcpu);
int mock_done(const struct mock *m, uint32_t vcpu);

#endif
