/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The input is a list of operations on a tree and on one that shares part of
 * it. After each, every page of a small window must be what an array says, and
 * at the end every page must be back in the pool. The pool is short, so that
 * running out of memory is part of it.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/bitmap.h"
#include "lib/errno.h"
#include "mem/pgtable.h"

#define POOL_PAGES 24
/* The window: 2 GiB at a top-level boundary, looked at in 64 places. */
#define BASE   (GIB(512) - GIB(1))
#define PLACES 64

struct op {
	u8 what;
	u8 first; /* places */
	u8 count;
	u8 attr;
};

struct bed {
	struct page_pool pool;
	struct pgtable own;
	struct pgtable sharer;
	u64 want[PLACES];
	bool shared;
};

static u8 memory[POOL_PAGES * PAGE_SIZE] __aligned(4096);
static u64 bitmap[BITMAP_WORDS(POOL_PAGES)];

/* Places lie 1 GiB / 32 apart, with 4 KiB and 2 MiB places between them. */
static u64 place(u32 n)
{
	static const u64 step[] = { 0, PAGE_SIZE, PAGE_SIZE_2M, MIB(4) };

	return BASE + n / 4 * MIB(128) + step[n % 4];
}

static void check(bool ok)
{
	if (!ok)
		abort();
}

static void check_place(const struct bed *b, u32 n)
{
	struct pt_leaf leaf;
	bool mapped = pgtable_lookup(&b->own, place(n), &leaf);

	check(mapped == (b->want[n] != 0));
	if (mapped)
		check(leaf.pa + (place(n) - leaf.va) + leaf.attr == b->want[n]);
	if (b->shared)
		check(pgtable_lookup(&b->sharer, place(n), &leaf) == mapped);
}

static bool any_mapped(const struct bed *b, u32 first, u32 end)
{
	for (u32 n = first; n < end; n++) {
		if (b->want[n] != 0)
			return true;
	}
	return false;
}

/* Only the host's own tables know user and global pages. */
static u32 attr_of(const struct bed *b, const struct op *op)
{
	static const u32 types[] = { PT_UC, PT_WC, PT_WT, PT_WB };
	u32 known = PT_W | PT_X;

	if (b->own.fmt == &pt_format_host)
		known |= PT_U | PT_GLOBAL;
	return PT_R | (op->attr & known) | types[op->attr >> 6];
}

static void do_share(struct bed *b)
{
	int ret = pgtable_share(&b->sharer, &b->own, BASE, GIB(2));

	check(ret == (b->shared ? -EEXIST : 0) || ret == -ENOMEM);
	b->shared |= ret == 0;
	/* What is shared is not the sharer's to change. */
	if (b->shared && any_mapped(b, 0, PLACES))
		check(pgtable_unmap(&b->sharer, BASE, GIB(2)) == -EPERM);
}

static void do_map(struct bed *b, const struct op *op, u32 first, u32 end)
{
	u64 pa = GIB(4) + place(first) % GIB(1);
	u64 size = place(end) - place(first);
	int ret;

	pa += op->attr & 0x20 ? PAGE_SIZE : 0;
	ret = pgtable_map(&b->own, place(first), pa, size, attr_of(b, op));
	check(ret == (any_mapped(b, first, end) ? -EEXIST : 0) ||
	      (ret == -ENOMEM && !any_mapped(b, first, end)));
	for (u32 n = first; ret == 0 && n < end; n++)
		b->want[n] = pa + (place(n) - place(first)) + attr_of(b, op);
}

static void do_edit(struct bed *b, const struct op *op, u32 first, u32 end)
{
	u64 size = place(end) - place(first);
	bool unmap = op->what % 4 == 1;
	int ret = unmap ? pgtable_unmap(&b->own, place(first), size)
			: pgtable_protect(&b->own, place(first), size,
					  attr_of(b, op));

	check(ret == 0 || ret == -ENOMEM);
	for (u32 n = first; ret == 0 && n < end; n++) {
		if (unmap)
			b->want[n] = 0;
		else if (b->want[n] != 0)
			b->want[n] = align_down(b->want[n], PAGE_SIZE) |
				     attr_of(b, op);
	}
}

static void apply(struct bed *b, const struct op *op)
{
	u32 first = op->first % (PLACES - 1);
	u32 end = MIN(first + 1 + op->count % 8u, PLACES - 1u);

	switch (op->what % 4) {
	case 0:
		do_map(b, op, first, end);
		break;
	case 3:
		do_share(b);
		pgtable_reap(&b->own);
		break;
	default:
		do_edit(b, op, first, end);
	}
	for (u32 n = 0; n < PLACES - 1; n++)
		check_place(b, n);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t len);

int LLVMFuzzerTestOneInput(const u8 *data, size_t len)
{
	static const struct pt_format *const formats[] = {
		&pt_format_host,
		&pt_format_npt,
		&pt_format_ept,
	};
	struct bed b = { .shared = false };
	const struct pt_format *fmt;
	struct op op;

	if (len == 0)
		return 0;
	fmt = formats[data[0] % ARRAY_SIZE(formats)];
	pool_init(&b.pool, memory, HPA(MIB(2)), POOL_PAGES, bitmap);
	check(pgtable_init(&b.own, fmt, &b.pool, PT_LEAF_ALL) == 0);
	check(pgtable_init(&b.sharer, fmt, &b.pool, PT_LEAF_ALL) == 0);
	for (data++, len--; len >= sizeof(op); len -= sizeof(op)) {
		memcpy(&op, data, sizeof(op));
		data += sizeof(op);
		apply(&b, &op);
	}
	pgtable_destroy(&b.sharer);
	pgtable_destroy(&b.own);
	check(b.pool.used == 0);
	return 0;
}
