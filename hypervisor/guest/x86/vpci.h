/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The PCI configuration space a VM sees, by ports 0xcf8 and 0xcfc and, where
 * the machine has it, by memory (PCI Express 3.0, 7.2.2), of segment 0.
 *
 * A VM has a list of functions that Holm answers for it. Beyond the list
 * there is, for the Service VM, the machine; for a cell, nothing: reads give
 * ones, a write is a refused access.
 *
 * Concurrency: vm->guest->vpci.lock. Functions and windows are called with
 * it, so the calls to one VM's never overlap. The nodes are their owner's
 * memory and stay where they are while they are listed.
 */
#ifndef GUEST_X86_VPCI_H
#define GUEST_X86_VPCI_H

#include "core/spinlock.h"
#include "lib/types.h"

struct vm;
struct vpci_fn;
struct vpci_window;

#define VPCI_CONFIG_SIZE 4096U
#define VPCI_HEADER_SIZE 256U

/**
 * Register @reg, below VPCI_CONFIG_SIZE: @size is 1, 2 or 4, and the access
 * is inside one dword. For the vCPU that the calling CPU runs.
 */
typedef u32 (*vpci_read_fn)(struct vpci_fn *fn, u32 reg, u32 size);
typedef void (*vpci_write_fn)(struct vpci_fn *fn, u32 reg, u32 size, u32 val);

struct vpci_fn {
	struct vpci_fn *next; /* vpci.c's */
	u32 bdf;
	vpci_read_fn read;
	vpci_write_fn write;
	void *dev;
};

/** @off is inside @w; @size 1 to 8. Not 0: nobody answers. */
typedef int (*vpci_access_fn)(struct vpci_window *w, u64 off, u32 size,
			      bool write, u64 *val);

/** Addresses that trap and that come and go: what a BAR decodes. */
struct vpci_window {
	struct vpci_window *next; /* vpci.c's */
	u64 base;                 /* in the VM */
	u64 size;
	vpci_access_fn access;
	void *dev;
	bool traps; /* vpci.c's: its pages were taken out of stage 2 */
};

struct vpci {
	struct spinlock lock;
	struct vm *vm;
	u32 latch; /* CONFIG_ADDRESS as the guest wrote it */
	struct vpci_fn *fns;
	struct vpci_window *windows;
};

/** Once, at start: segment 0's config pages, of buses @first to @last. */
void vpci_setup(u64 base, u32 first, u32 last);

/** Where config space is by memory for bus 0, 0 if it is not. */
u64 vpci_mmconfig(void);

/** Is there config space by memory in the range? */
bool vpci_is_config(u64 base, u64 size);

/** Give @vm its config space; before it runs. -ENOMEM. */
int vpci_register(struct vm *vm);

/**
 * Let @fn answer at fn->bdf; it stays the caller's memory. If @vm is the
 * Service VM and runs, the caller has the hand-over lock; afterwards no CPU
 * of its reaches the real function any more. -EEXIST: there is one of Holm's
 * already; -ENOMEM.
 */
int vpci_add(struct vm *vm, struct vpci_fn *fn);

/** Undo it. Does nothing if @fn is not listed; cannot fail. */
void vpci_remove(struct vm *vm, struct vpci_fn *fn);

/** Is there a function of Holm's at @bdf? */
bool vpci_is_ours(struct vm *vm, u32 bdf);

/** Let accesses to @w reach it. The caller has the lock, or @vm never ran. */
void vpci_window_add(struct vm *vm, struct vpci_window *w);
void vpci_window_remove(struct vm *vm, struct vpci_window *w);

/**
 * Move the window @w of a function of Holm's own to @base (0: nowhere), with
 * the lock. In the Service VM it traps there only if the pages are a
 * device's and its own; what it leaves is the Service VM's again.
 */
void vpci_window_move(struct vm *vm, struct vpci_window *w, u64 base);

/** True if config space or a window of @vm answered. */
bool vpci_mmio(struct vm *vm, u64 gpa, u32 size, bool write, u64 *val);

/* vpci_config.c: the header of a function that exists in memory only. */

/** Bits of a config dword that a write may change. */
struct vpci_writable {
	u8 reg;
	u32 mask;
};

struct vpci_config {
	u8 bytes[VPCI_HEADER_SIZE] __aligned(8);
	const struct vpci_writable *writable;
	u32 nwritable;
};

u32 vpci_config_get(const struct vpci_config *c, u32 reg);
void vpci_config_set(struct vpci_config *c, u32 reg, u32 val);

/** As the guest does; beyond VPCI_HEADER_SIZE all is 0. */
u32 vpci_config_read(const struct vpci_config *c, u32 reg, u32 size);
void vpci_config_write(struct vpci_config *c, u32 reg, u32 size, u32 val);

#endif
