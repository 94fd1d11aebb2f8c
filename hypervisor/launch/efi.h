/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The memory map of UEFI firmware (UEFI 2.10, section 7.2.3): read, turned
 * into the kinds of map that the rest of Holm works with, and changed where
 * Holm itself sits before the Service VM's kernel gets it.
 */
#ifndef LAUNCH_EFI_H
#define LAUNCH_EFI_H

#include "lib/types.h"
#include "mem/e820.h"

/* UEFI 2.10, table 7.6; what is not named here is treated as reserved. */
enum efi_type {
	EFI_RESERVED = 0,
	EFI_LOADER_CODE = 1,
	EFI_LOADER_DATA = 2,
	EFI_BOOT_CODE = 3,
	EFI_BOOT_DATA = 4,
	EFI_RUNTIME_CODE = 5,
	EFI_RUNTIME_DATA = 6,
	EFI_CONVENTIONAL = 7,
	EFI_UNUSABLE = 8,
	EFI_ACPI_RECLAIM = 9,
	EFI_ACPI_NVS = 10,
	EFI_MMIO = 11,
	EFI_MMIO_PORTS = 12,
	EFI_PAL_CODE = 13,
	EFI_PERSISTENT = 14,
};

#define EFI_ATTR_WB      BIT64(3)
#define EFI_ATTR_SP      BIT64(18) /* specific purpose: not for all */
#define EFI_ATTR_RUNTIME BIT64(63)

#define EFI_PAGE_SIZE  4096U
#define EFI_STRIDE_MAX 256U

struct efi_desc {
	u32 type;
	u32 pad;
	u64 base;
	u64 virt;
	u64 pages;
	u64 attr;
};

_Static_assert(sizeof(struct efi_desc) == 40, "UEFI 2.10, section 7.2.3");

struct efi_map {
	struct efi_desc *d;
	u32 n;       /* descriptors in use */
	u32 cap;     /* descriptors the array holds */
	u32 stride;  /* of the firmware's own table, bytes */
	u32 version; /* of the descriptors */
};

/** An empty map over the array @buf of @cap descriptors. */
void efi_map_init(struct efi_map *m, struct efi_desc *buf, u32 cap);

/**
 * Copy the firmware's table of @size bytes, one descriptor each @stride
 * bytes. Descriptors of no pages, and those that are not page aligned or
 * reach beyond 2^64 - 1, describe nothing and are left out. NULL on success,
 * else a sentence.
 */
const char *efi_map_read(struct efi_map *m, const void *table, u64 size,
			 u32 stride, u32 version);

/**
 * What an operating system may use once boot services are gone, as E820
 * types. @out is sanitized. -ENOSPC.
 */
int efi_map_to_e820(const struct efi_map *m, struct e820 *out);

/* What the loader leaves behind, and what nobody has used at all. */
#define EFI_FREE_TYPES                                      \
	(BIT32(EFI_CONVENTIONAL) | BIT32(EFI_LOADER_CODE) | \
	 BIT32(EFI_LOADER_DATA))
#define EFI_UNTOUCHED_TYPES BIT32(EFI_CONVENTIONAL)

/**
 * Plain memory of the types in the mask @types as RAM, all else reserved.
 * @out is sanitized. -ENOSPC.
 */
int efi_map_to_ram(const struct efi_map *m, u32 types, struct e820 *out);

/**
 * Give the range the type EFI_RESERVED; descriptors that overlap it are
 * split. Both page aligned. -ENOSPC: nothing changed then.
 */
int efi_map_reserve(struct efi_map *m, u64 base, u64 size);

#endif
