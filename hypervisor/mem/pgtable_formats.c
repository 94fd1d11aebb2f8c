/* SPDX-License-Identifier: BSD-2-Clause */
#include "mem/pgtable.h"

/* x86-64 long-mode entries: Intel SDM vol 3, 4.5; AMD APM vol 2, 5.3. */
#define X86_P       BIT64(0)
#define X86_W       BIT64(1)
#define X86_U       BIT64(2)
#define X86_PWT     BIT64(3)
#define X86_PCD     BIT64(4)
#define X86_A       BIT64(5)
#define X86_D       BIT64(6)
#define X86_PS      BIT64(7)
#define X86_PAT_4K  BIT64(7)
#define X86_G       BIT64(8)
#define X86_PAT_BIG BIT64(12)
#define X86_NX      BIT64(63)

/* EPT entries: Intel SDM vol 3, 28.3.2. */
#define EPT_R       BIT64(0)
#define EPT_W       BIT64(1)
#define EPT_X       BIT64(2)
#define EPT_TYPE(t) ((u64)(t) << 3)
#define EPT_LARGE   BIT64(7)
#define EPT_A       BIT64(8)
#define EPT_D       BIT64(9)

/* Ignored by host, NPT and EPT walkers alike. */
#define SW_SHARED BIT64(52)
#define SW_PINNED BIT64(53)

#define ADDR_52 GENMASK64(51, 12)

#define TYPE(attr) ((attr) >> PT_TYPE_SHIFT)

/*
 * Accessed and dirty are set from the start, so the walker never writes an
 * entry and cannot race with our stores.
 */
#define X86_LEAF  (X86_P | X86_A | X86_D)
#define X86_TABLE (X86_P | X86_W | X86_U | X86_A)

/*
 * The PAT at power-on (Intel SDM vol 3, 12.12.4) knows no WC and no WP. WC
 * becomes UC-, which an MTRR may turn into WC; WP becomes UC.
 */
/* clang-format off */
#define X86_TYPES {						\
	[TYPE(PT_UC)] = X86_PCD | X86_PWT,			\
	[TYPE(PT_WC)] = X86_PCD,				\
	[TYPE(PT_WT)] = X86_PWT,				\
	[TYPE(PT_WP)] = X86_PCD | X86_PWT,			\
	[TYPE(PT_WB)] = 0,					\
}

#define EPT_TYPES {						\
	[TYPE(PT_UC)] = EPT_TYPE(0),				\
	[TYPE(PT_WC)] = EPT_TYPE(1),				\
	[TYPE(PT_WT)] = EPT_TYPE(4),				\
	[TYPE(PT_WP)] = EPT_TYPE(5),				\
	[TYPE(PT_WB)] = EPT_TYPE(6),				\
}

#define SHIFTS { 12, 21, 30, 39, 48 }

const struct pt_format pt_format_host = {
	.name = "host",
	.levels = 4,
	.canonical = true,
	.leaf_levels = PT_LEAF_ALL,
	.shift = SHIFTS,
	.present = X86_P,
	.large_mask = X86_PS,
	.large_value = X86_PS,
	.addr_mask = ADDR_52,
	.table_bits = { 0, X86_TABLE, X86_TABLE, X86_TABLE, X86_TABLE },
	.leaf_bits = { X86_LEAF, X86_LEAF | X86_PS },
	.w = { .yes = X86_W },
	.x = { .no = X86_NX },
	.u = { .yes = X86_U },
	.global = { .yes = X86_G },
	.type_mask = {
		X86_PWT | X86_PCD | X86_PAT_4K,
		X86_PWT | X86_PCD | X86_PAT_BIG,
	},
	.type = { X86_TYPES, X86_TYPES },
	.shared = SW_SHARED,
	.pinned = SW_PINNED,
};

/* Nested walks are user accesses (AMD APM vol 2, 15.25.5). */
const struct pt_format pt_format_npt = {
	.name = "npt",
	.levels = 4,
	.canonical = false,
	.leaf_levels = PT_LEAF_ALL,
	.shift = SHIFTS,
	.present = X86_P,
	.large_mask = X86_PS,
	.large_value = X86_PS,
	.addr_mask = ADDR_52,
	.table_bits = { 0, X86_TABLE, X86_TABLE, X86_TABLE, X86_TABLE },
	.leaf_bits = { X86_LEAF | X86_U, X86_LEAF | X86_U | X86_PS },
	.w = { .yes = X86_W },
	.x = { .no = X86_NX },
	.type_mask = {
		X86_PWT | X86_PCD | X86_PAT_4K,
		X86_PWT | X86_PCD | X86_PAT_BIG,
	},
	.type = { X86_TYPES, X86_TYPES },
	.shared = SW_SHARED,
	.pinned = SW_PINNED,
};

/*
 * Accessed and dirty are set here, too: without them in the EPT pointer they
 * are ignored, and with them there is nothing left to write.
 */
#define EPT_TABLE (EPT_R | EPT_W | EPT_X | EPT_A)
#define EPT_LEAF  (EPT_R | EPT_A | EPT_D)

const struct pt_format pt_format_ept = {
	.name = "ept",
	.levels = 4,
	.canonical = false,
	.leaf_levels = PT_LEAF_ALL,
	.shift = SHIFTS,
	.present = EPT_R | EPT_W | EPT_X,
	.large_mask = EPT_LARGE,
	.large_value = EPT_LARGE,
	.addr_mask = ADDR_52,
	.table_bits = { 0, EPT_TABLE, EPT_TABLE, EPT_TABLE, EPT_TABLE },
	.leaf_bits = { EPT_LEAF, EPT_LEAF | EPT_LARGE },
	.w = { .yes = EPT_W },
	.x = { .yes = EPT_X },
	.type_mask = { EPT_TYPE(7), EPT_TYPE(7) },
	.type = { EPT_TYPES, EPT_TYPES },
	.shared = SW_SHARED,
	.pinned = SW_PINNED,
};
/* clang-format on */
