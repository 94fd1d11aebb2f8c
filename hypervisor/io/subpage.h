/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Parts of device pages that belong to a cell while the rest of the page is
 * the Service VM's. Such a page is mapped nowhere: each access to it traps
 * and is made here, by who may make it.
 *
 * Parts come and go under the Service VM's hand-over lock; the nodes are
 * their owner's memory.
 */
#ifndef IO_SUBPAGE_H
#define IO_SUBPAGE_H

#include "lib/types.h"

struct vm;

struct subpage {
	struct subpage *next; /* subpage.c's */
	const struct vm *vm; /* whose it is; NULL: there is another way to it */
	u64 gpa;             /* where that VM sees it */
	u64 hpa;             /* where it is, and the Service VM saw it */
	u64 size;            /* inside one page */
	bool write;
	bool shared; /* the Service VM keeps it, and other cells may have it */
};

/**
 * Let @s->vm have its part; the Service VM loses it unless it is shared.
 * -EBUSY: it is another cell's, or not a device of the Service VM's, which
 * the log says; -ENOMEM.
 */
int subpage_take(struct subpage *s);

/** Undo it. Cannot fail. */
void subpage_give_back(struct subpage *s);

/** Is there a part in the range, shared ones included? Callers serialise. */
bool subpage_is_any(u64 hpa, u64 size);

/** True if an access of @vm was made: @size 1 to 8, aligned. */
bool subpage_mmio(const struct vm *vm, u64 gpa, u32 size, bool write, u64 *val);

#endif
