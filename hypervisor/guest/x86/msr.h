/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which model-specific registers a guest may touch, as data. A register
 * that has no row does not exist for the guest: #GP(0).
 */
#ifndef GUEST_X86_MSR_H
#define GUEST_X86_MSR_H

#include "lib/types.h"

/** A cell is a user whose CPUs, with their local APICs, are its own. */
enum guest_kind { GUEST_SERVICE, GUEST_USER, GUEST_CELL, GUEST_KINDS };

/** Columns of the table: GUEST_SERVICE and GUEST_USER. */
#define MSR_COLUMNS 2

enum msr_action {
	MSR_GP,      /* #GP(0) */
	MSR_PASS,    /* straight to hardware, no exit */
	MSR_ZERO,    /* reads as 0, writes are dropped */
	MSR_CONST,   /* reads as rule->value, writes are dropped */
	MSR_STATE,   /* kept in struct guest_msrs */
	MSR_FILTER,  /* write: only bits in rule->filter change */
	MSR_HANDLER, /* run/ answers, by rule->handler */
};

/** Registers that need more than a table. */
enum msr_handler {
	MSR_H_NONE,
	MSR_H_TSC,          /* 0x10: TSC with the guest's offset */
	MSR_H_APIC_BASE,    /* 0x1b */
	MSR_H_TSC_ADJUST,   /* 0x3b */
	MSR_H_PAT,          /* 0x277 */
	MSR_H_TSC_DEADLINE, /* 0x6e0 */
	MSR_H_X2APIC,       /* 0x800..0x83f */
	MSR_H_EFER,         /* 0xc0000080 */
	MSR_H_PVCLOCK,      /* 0x4b564d00, 0x4b564d01 */
	MSR_H_COUNT,
};

/** Variable-range MTRR pairs a guest can have. */
#define MSR_MTRR_PAIRS 10

/* clang-format off */
/** Slots of struct guest_msrs. */
enum msr_slot {
	MSR_S_NONE,
	MSR_S_MTRR_CAP,
	MSR_S_MTRR_DEF_TYPE,
	MSR_S_MTRR_VAR,		/* base, mask, base ... */
	MSR_S_MTRR_FIX64K = MSR_S_MTRR_VAR + 2 * MSR_MTRR_PAIRS,
	MSR_S_MTRR_FIX16K,	/* 2 */
	MSR_S_MTRR_FIX4K = MSR_S_MTRR_FIX16K + 2, /* 8 */
	MSR_S_MISC_ENABLE = MSR_S_MTRR_FIX4K + 8,
	MSR_S_BIOS_SIGN,
	MSR_S_COUNT,
};
/* clang-format on */

/** Registers a vCPU has of its own in memory. */
struct guest_msrs {
	u64 slot[MSR_S_COUNT];
};

/**
 * The register lives in hardware and is not switched with the guest by it:
 * save and load it when the CPU goes from one vCPU to another.
 */
#define MSR_F_SWAP BIT32(0)
/* How a value written to MSR_STATE is checked beyond rule->valid. */
#define MSR_F_TYPE  BIT32(1) /* bits 7:0 are a memory type */
#define MSR_F_TYPES BIT32(2) /* each byte is a memory type */
#define MSR_F_PAIRS BIT32(3) /* even: MTRR base, odd: MTRR mask */
/** It is of the CPU itself: a cell has it as the Service VM does. */
#define MSR_F_CPU BIT32(4)

struct msr_rule {
	u32 first;
	u32 last;             /* inclusive */
	u8 read[MSR_COLUMNS]; /* enum msr_action */
	u8 write[MSR_COLUMNS];
	u8 handler; /* enum msr_handler */
	u8 slot;    /* enum msr_slot of @first; then consecutive */
	u8 flags;   /* MSR_F_* */
	u64 value;  /* MSR_CONST */
	u64 filter; /* MSR_FILTER: bits that may change */
	u64 valid;  /* MSR_STATE: bits that may be set, else #GP */
};

/** The rule for @msr, or NULL: the guest has no such register, #GP(0). */
const struct msr_rule *msr_policy_find(u32 msr);

/** Row @i of the table in ascending order, NULL past the end. */
const struct msr_rule *msr_policy_row(u32 i);

/** What a read or write by a guest of @kind comes to: enum msr_action. */
u8 msr_policy_action(const struct msr_rule *rule, enum guest_kind kind,
		     bool write);

/** May a guest of @kind access @msr without an exit? For MSR bitmaps. */
bool msr_policy_passes(enum guest_kind kind, u32 msr, bool write);

/**
 * The first register from @from on that a backend can pass at all, in the
 * ranges that permission maps have; ADDR_NONE past the last.
 */
u64 msr_space_next(u64 from);

/** Results of msr_guest_read/write() that ask the caller to act. */
enum msr_todo {
	MSR_DONE,        /* nothing left to do */
	MSR_DO_HANDLER,  /* answer by rule->handler */
	MSR_DO_HARDWARE, /* access the register itself */
	MSR_DO_FILTER,   /* write (old & ~filter) | (new & filter) */
};

/**
 * A guest of @kind reads @msr. Return enum msr_todo with *@rule set, *@val
 * set if MSR_DONE; -EPERM: #GP(0); -ENOENT: as -EPERM, and no rule knows
 * @msr (worth one log line).
 */
int msr_guest_read(enum guest_kind kind, const struct guest_msrs *state,
		   u32 msr, u64 *val, const struct msr_rule **rule);

/** A guest of @kind writes @msr. Results as msr_guest_read(). */
int msr_guest_write(enum guest_kind kind, struct guest_msrs *state, u32 msr,
		    u64 val, const struct msr_rule **rule);

/** Is @val valid for IA32_PAT: types 0, 1, 4..7 (SDM vol. 3, 12.12.2)? */
bool msr_pat_valid(u64 val);

/**
 * Values at reset. MTRRs come up enabled with everything write-back, as
 * firmware leaves them.
 */
void guest_msrs_reset(struct guest_msrs *state);

/**
 * Take the registers a Service VM keeps in memory from the hardware, so that
 * it finds what firmware or it itself had set. @rdmsr reads this CPU's.
 */
void guest_msrs_adopt(struct guest_msrs *state, u64 (*rdmsr)(u32 msr));

#endif
