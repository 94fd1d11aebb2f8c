/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Puts a Linux kernel into guest memory by the 32-bit boot protocol: kernel,
 * ramdisk, command line, zero page, GDT, and the first vCPU's registers.
 */
#ifndef LOADER_LINUX_BOOT_H
#define LOADER_LINUX_BOOT_H

#include "core/error.h"
#include "mem/guest_mem.h"

#include <linux/acrn.h>

struct boot_params {
	const char *kernel;  /* path */
	const char *ramdisk; /* path or NULL */
	const char *cmdline;
	gpa_t rsdp; /* 0: let the guest search */
};

/**
 * Load and fill regs for vCPU 0. Callable again after a guest's reset.
 * Returns 0 or a negative errno with a sentence naming the file and the rule.
 */
int linux_boot_load(const struct guest_mem *mem, const struct boot_params *bp,
		    struct acrn_vcpu_regs *regs, struct dm_error *err);

#endif
