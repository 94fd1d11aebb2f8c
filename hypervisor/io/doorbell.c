/* SPDX-License-Identifier: BSD-2-Clause */
#include "io/doorbell.h"

#include "abi/acrn.h"
#include "core/spinlock.h"
#include "io/upcall.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mem/physmap.h"

/* In rising order of addr; several may share one. */
struct bell {
	u64 addr;
	u64 data;
	u16 index;
	u8 type;
	u8 len;
	u32 flags;
};

/*
 * The lock is held by a vCPU only to find and ring, by the Service VM only to
 * change the table: nobody waits while holding it.
 */
struct doorbells {
	struct spinlock lock;
	u32 n;
	struct bell bell[HOLM_DOORBELLS];
};

_Static_assert(sizeof(struct doorbells) <= PAGE_SIZE, "one page");

#define FLAGS (HOLM_DOORBELL_REMOVE | HOLM_DOORBELL_MATCH)

int doorbell_check(const struct holm_doorbell *d)
{
	bool len_ok = d->len == 1 || d->len == 2 || d->len == 4 || d->len == 8;

	if (d->index >= HOLM_DOORBELLS || (d->flags & ~FLAGS) || !len_ok)
		return -EINVAL;
	return d->type == ACRN_IOREQ_PIO || d->type == ACRN_IOREQ_MMIO
		       ? 0
		       : -EINVAL;
}

/* The first bell at @addr or above. */
static u32 bells_lower(const struct doorbells *t, u64 addr)
{
	u32 at = 0, n = t->n;

	while (n > 0) {
		u32 half = n / 2;

		if (t->bell[at + half].addr < addr) {
			at += half + 1;
			n -= half + 1;
		} else {
			n = half;
		}
	}
	return at;
}

/* Where the bell of this index is; t->n if there is none. */
static u32 bells_find_index(const struct doorbells *t, u32 index)
{
	u32 at = 0;

	while (at < t->n && t->bell[at].index != index)
		at++;
	return at;
}

static void bells_insert(struct doorbells *t, const struct holm_doorbell *d)
{
	u32 at = bells_lower(t, d->addr);

	memmove(&t->bell[at + 1], &t->bell[at],
		(t->n - at) * sizeof(t->bell[0]));
	t->bell[at] = (struct bell){
		.addr = d->addr,
		.data = d->data,
		.index = (u16)d->index,
		.type = (u8)d->type,
		.len = (u8)d->len,
		.flags = d->flags,
	};
	t->n++;
}

static void bells_remove(struct doorbells *t, u32 at)
{
	t->n--;
	memmove(&t->bell[at], &t->bell[at + 1],
		(t->n - at) * sizeof(t->bell[0]));
}

static int bells_change(struct doorbells *t, const struct holm_doorbell *d)
{
	u32 at = bells_find_index(t, d->index);

	if (d->flags & HOLM_DOORBELL_REMOVE) {
		if (at == t->n)
			return -ENOENT;
		bells_remove(t, at);
		return 0;
	}
	/* As many as there are indices, so there is room for a new one. */
	if (at < t->n)
		return -EEXIST;
	bells_insert(t, d);
	return 0;
}

int doorbell_set(struct vm_locked l, const struct holm_doorbell *d)
{
	struct doorbells *t = l.vm->bells;
	int rc;

	if (l.vm->ioreq_page.v == ADDR_NONE)
		return -EPERM;
	if (!t) {
		t = vm_mem_alloc(sizeof(*t));
		if (!t)
			return -ENOMEM;
		__atomic_store_n(&l.vm->bells, t, __ATOMIC_RELEASE);
	}
	spin_lock(&t->lock);
	rc = bells_change(t, d);
	spin_unlock(&t->lock);
	return rc;
}

void doorbells_free(struct vm *vm)
{
	if (vm->bells)
		vm_mem_free(vm->bells, sizeof(*vm->bells));
	vm->bells = NULL;
}

static bool bell_matches(const struct bell *b, u32 type, u32 size, u64 val)
{
	if (b->type != type || size > b->len)
		return false;
	return !(b->flags & HOLM_DOORBELL_MATCH) || b->data == val;
}

static hpa_t page_word(const struct vm *vm, u32 slot, u64 offset)
{
	return hpa_add(vm->ioreq_page,
		       (u64)slot * ACRN_IOREQ_SLOT_SIZE + offset);
}

/* The bell before the word that says there is one: who clears it then looks. */
static void bell_note(const struct vm *vm, u32 index)
{
	hpa_t rung = page_word(vm, 0, offsetof(struct acrn_abi_ioreq, rung));

	physmap_store32(
		page_word(vm, index / HOLM_SLOT_BELLS,
			  offsetof(struct acrn_abi_ioreq, bell) +
				  index % HOLM_SLOT_BELLS * sizeof(u32)),
		1);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (physmap_load32(rung))
		return;
	physmap_store32(rung, 1);
	upcall_raise();
}

static u64 mask_size(u64 v, u32 size)
{
	return size >= 8 ? v : v & (BIT64(size * 8) - 1);
}

bool doorbell_find_and_ring(struct vm *vm, u32 type, u64 addr, u32 size,
			    u64 val)
{
	struct doorbells *t = vm->bells;
	bool found = false;
	u32 at;

	spin_lock(&t->lock);
	for (at = bells_lower(t, addr); at < t->n && t->bell[at].addr == addr;
	     at++) {
		found = bell_matches(&t->bell[at], type, size,
				     mask_size(val, size));
		if (found)
			break;
	}
	if (found)
		bell_note(vm, t->bell[at].index);
	spin_unlock(&t->lock);
	return found;
}
