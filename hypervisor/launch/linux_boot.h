/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Loading the Service VM's kernel by the Linux boot protocol
 * (Documentation/arch/x86/boot.rst in the kernel's tree).
 */
#ifndef LAUNCH_LINUX_BOOT_H
#define LAUNCH_LINUX_BOOT_H

#include "launch/boot_info.h"
#include "vm/backend.h"

struct linux_image {
	u64 entry;       /* 32-bit entry point */
	u64 boot_params; /* for ESI */
	u64 gdt;         /* flat code at 0x10, data at 0x18 */
};

/**
 * Place kernel and initrd in RAM of @map (the guest's), build boot_params.
 * Moves the modules. NULL on success, else a sentence.
 */
const char *linux_load(const struct boot_info *bi, const struct e820 *map,
		       struct linux_image *out);

/** Registers at the 32-bit entry point. */
void linux_entry_state(const struct linux_image *img, struct guest_regs *regs,
		       struct guest_sregs *sregs);

#endif
