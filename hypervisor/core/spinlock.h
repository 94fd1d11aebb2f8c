/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ticket spinlock: fair, no allocation, safe to zero-initialise. Holm runs
 * with interrupts off, so taking a lock needs no flag saving; an NMI handler
 * must take none.
 *
 * Lock order, outermost first (a lock may be taken while holding only locks
 * named before it): vm_list, vm, vcpu, irq chips, stage2, page pool, log.
 */
#ifndef CORE_SPINLOCK_H
#define CORE_SPINLOCK_H

#include "lib/types.h"

struct spinlock {
	u32 next;
	u32 owner;
};

#define SPINLOCK_INIT \
	{             \
		0, 0  \
	}

static inline void spin_lock(struct spinlock *l)
{
	u32 ticket = __atomic_fetch_add(&l->next, 1, __ATOMIC_RELAXED);

	while (__atomic_load_n(&l->owner, __ATOMIC_ACQUIRE) != ticket)
		__builtin_ia32_pause();
}

/** Take the lock only if nobody holds or awaits it. */
static inline bool spin_trylock(struct spinlock *l)
{
	u32 owner = __atomic_load_n(&l->owner, __ATOMIC_ACQUIRE);
	u32 expected = owner;

	return __atomic_compare_exchange_n(&l->next, &expected, owner + 1,
					   false, __ATOMIC_ACQUIRE,
					   __ATOMIC_RELAXED);
}

static inline void spin_unlock(struct spinlock *l)
{
	/* Only the holder writes owner, so a plain read of it is stable. */
	__atomic_store_n(&l->owner, l->owner + 1, __ATOMIC_RELEASE);
}

#endif
