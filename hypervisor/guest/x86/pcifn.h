/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A real PCI function that left the Service VM for a cell. Its BARs stay
 * where they are; of its configuration the cell may write what can hurt
 * nobody else, by a table; its interrupt messages are looked at, and the
 * hardware gets one of the cell's CPUs by its id, or nothing. PCI Local Bus
 * 3.0, chapter 6; PCI Express 3.0, 7.8; AF: ECN Advanced Capabilities.
 *
 * Concurrency: the lock of the cell's config space; who takes, resets and
 * gives back has the cell's CPUs out of it.
 */
#ifndef GUEST_X86_PCIFN_H
#define GUEST_X86_PCIFN_H

#include "abi/holm.h"
#include "guest/x86/vpci.h"
#include "lib/types.h"

struct vm;

#define PCIFN_BARS       6
#define PCIFN_HEADER     64U /* dwords of config space that are remembered */
#define PCIFN_TABLE_MAX  2048U
#define PCIFN_ENTRY_SIZE 16U

struct pcifn_bar {
	u64 base;
	u64 size; /* 0: there is none, or it is a 64-bit one's upper half */
	bool io;
};

struct pcifn_msi {
	u8 cap; /* 0: the function has none */
	bool wide;
	bool maskable;
	/* As the cell wrote them. */
	u16 ctrl;
	u32 addr;
	u32 addr_high;
	u16 data;
};

struct pcifn_msix {
	u8 cap; /* 0: the function has none */
	u8 bar;
	u32 offset; /* of the table in it */
	u32 n;
	u16 ctrl;        /* as the cell wrote it: enabled, all masked */
	u32 (*entry)[4]; /* the same */
	struct vpci_window window;
};

struct pcifn {
	struct vm *vm; /* the cell */
	u32 bdf;
	struct vpci_fn own;    /* in the cell */
	struct vpci_fn absent; /* in the Service VM */
	struct pcifn_bar bar[PCIFN_BARS];
	u32 bar_real[PCIFN_BARS];
	u32 bar_mask[PCIFN_BARS]; /* bits that an address can have */
	u32 bar_seen[PCIFN_BARS]; /* as the cell sees it, sizing */
	u16 decode;               /* command bits that it may set */
	u16 intx_off;             /* the command's bit, as it wrote it */
	bool has_line;            /* else its INTx is off whatever it writes */
	u8 pm, pcie, af;          /* capabilities; 0: none */
	struct pcifn_msi msi;
	struct pcifn_msix msix;
	u32 saved[PCIFN_HEADER]; /* as the Service VM had it */
};

/**
 * Take the function @bdf from the Service VM for @vm: from now on it reads
 * as absent there. Decoding, bus mastering and messages are off, f->bar and
 * the capabilities are known. The caller has the hand-over lock. -EINVAL: it
 * is not there, a bridge, or its MSI-X table is in no BAR; -EBUSY: it is Holm's
 * or another cell's; -ENOMEM.
 */
int pcifn_take(struct pcifn *f, struct vm *vm, u32 bdf);

/** Let the cell see it; its BARs are its own by now. -EEXIST, -ENOMEM. */
int pcifn_show(struct pcifn *f);

/**
 * As after a reset, if the function can be reset; else quiet. Call end()
 * after pcifn_settle(), once for all functions.
 */
void pcifn_reset_begin(struct pcifn *f);
void pcifn_settle(void);
void pcifn_reset_end(struct pcifn *f);

/** After a reset: undo pcifn_take(). Cannot fail. */
void pcifn_give_back(struct pcifn *f);

/* pcifn_config.c: the cell's accesses. */
u32 pcifn_config_read(struct vpci_fn *own, u32 reg, u32 size);
void pcifn_config_write(struct vpci_fn *own, u32 reg, u32 size, u32 val);

/** Write the BARs as they were found: a reset forgets them. */
void pcifn_restore_bars(const struct pcifn *f);

/** A refused write to register @reg. */
void pcifn_deny(const struct pcifn *f, u32 reg);

/** What HOLM_QUERY_DEVICE tells. The caller has the lock. */
void pcifn_facts(const struct pcifn *f, struct holm_device *out);

/* pcifn_msi.c */

#define MSI_ENABLE    BIT32(0)
#define MSI_MULTI(c)  ((c) >> 4 & 7) /* log2 of the messages enabled */
#define MSI_MULTIPLE  (7U << 4)
#define MSI_WIDE      BIT32(7)
#define MSI_MASKABLE  BIT32(8)
#define MSIX_ENABLE   BIT32(15)
#define MSIX_MASK_ALL BIT32(14)
#define MSIX_SIZE(c)  (((c)&0x7ff) + 1)

/** Find what there is; decoding is off. -ENOMEM. */
int pcifn_msi_probe(struct pcifn *f);
void pcifn_msi_free(struct pcifn *f);

/** All off, in hardware and in what the cell sees. */
void pcifn_msi_reset(struct pcifn *f);

/** What the cell sees at dword @reg, which hardware has as @val. */
u32 pcifn_msi_view(const struct pcifn *f, u32 reg, u32 val);

/** It writes @val there, of which it changes @lanes; false: not theirs. */
bool pcifn_msi_write(struct pcifn *f, u32 reg, u32 val, u32 lanes);

/** The table became reachable: the hardware's entries are the cell's. */
void pcifn_msix_sync(struct pcifn *f);

#endif
