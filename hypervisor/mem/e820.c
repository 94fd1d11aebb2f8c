/* SPDX-License-Identifier: BSD-2-Clause */
#include "mem/e820.h"

#include "lib/errno.h"
#include "lib/string.h"

void e820_init(struct e820 *m, struct e820_entry *buf, u32 cap)
{
	m->e = buf;
	m->n = 0;
	m->cap = cap;
}

static bool valid(u64 base, u64 size)
{
	return size != 0 && base + size > base;
}

static u64 end_of(const struct e820_entry *e)
{
	return e->base + e->size;
}

static bool is_power_of_two(u64 v)
{
	return v != 0 && (v & (v - 1)) == 0;
}

int e820_add(struct e820 *m, u64 base, u64 size, u32 type)
{
	if (!valid(base, size))
		return -EINVAL;
	if (m->n == m->cap)
		return -ENOSPC;
	m->e[m->n] = (struct e820_entry){ base, size, type };
	m->n++;
	return 0;
}

int e820_copy(struct e820 *dst, const struct e820 *src)
{
	dst->n = 0;
	if (src->n > dst->cap)
		return -ENOSPC;
	memcpy(dst->e, src->e, src->n * sizeof(*src->e));
	dst->n = src->n;
	return 0;
}

static void remove_at(struct e820 *m, u32 i)
{
	m->n--;
	memmove(&m->e[i], &m->e[i + 1], (m->n - i) * sizeof(*m->e));
}

/* The caller has made sure of a free entry. */
static void insert_at(struct e820 *m, u32 i, struct e820_entry e)
{
	memmove(&m->e[i + 1], &m->e[i], (m->n - i) * sizeof(*m->e));
	m->e[i] = e;
	m->n++;
}

static void drop_invalid(struct e820 *m)
{
	u32 i = 0;

	while (i < m->n) {
		if (valid(m->e[i].base, m->e[i].size))
			i++;
		else
			remove_at(m, i);
	}
}

/* Insertion sort: maps are short and nearly sorted. */
static void sort_by_base(struct e820 *m)
{
	for (u32 i = 1; i < m->n; i++) {
		struct e820_entry e = m->e[i];
		u32 j = i;

		for (; j > 0 && m->e[j - 1].base > e.base; j--)
			m->e[j] = m->e[j - 1];
		m->e[j] = e;
	}
}

/*
 * How restrictive a type is. A type we do not know is not ours to hand out
 * as anything but itself, so it beats what firmware tables may be reclaimed
 * from; two unknown types are told apart by number.
 */
static u64 rank_of(u32 type)
{
	static const u8 known[] = {
		[E820_RAM] = 1,      [E820_ACPI] = 2,     [E820_NVS] = 3,
		[E820_RESERVED] = 5, [E820_UNUSABLE] = 6,
	};

	if (type < ARRAY_SIZE(known) && known[type] != 0)
		return (u64)known[type] << 32;
	return (u64)4 << 32 | type;
}

/* Entry @i stays whole, the later-starting weaker @i + 1 gives way. */
static void trim_second(struct e820 *m, u32 i)
{
	struct e820_entry *a = &m->e[i], *b = &m->e[i + 1];
	u64 b_end = end_of(b);

	if (b_end <= end_of(a)) {
		remove_at(m, i + 1);
		return;
	}
	b->base = end_of(a);
	b->size = b_end - b->base;
}

/* Entry @i gives way to the stronger @i + 1 that starts inside it. */
static int trim_first(struct e820 *m, u32 i)
{
	struct e820_entry *a = &m->e[i], *b = &m->e[i + 1];
	struct e820_entry tail = *a;
	u64 a_end = end_of(a);
	bool has_tail = end_of(b) < a_end;
	bool has_head = a->base < b->base;

	if (has_tail && has_head && m->n == m->cap)
		return -ENOSPC;
	tail.base = end_of(b);
	tail.size = a_end - tail.base;
	a->size = b->base - a->base;
	if (!has_head)
		remove_at(m, i);
	if (has_tail)
		insert_at(m, has_head ? i + 2 : i + 1, tail);
	return 0;
}

static int resolve_pair(struct e820 *m, u32 i)
{
	struct e820_entry *a = &m->e[i], *b = &m->e[i + 1];

	if (a->type == b->type) {
		a->size = MAX(end_of(a), end_of(b)) - a->base;
		remove_at(m, i + 1);
		return 0;
	}
	if (rank_of(a->type) > rank_of(b->type)) {
		trim_second(m, i);
		return 0;
	}
	return trim_first(m, i);
}

/*
 * In a list sorted by base, if any two entries overlap then two neighbours
 * do. Each round shrinks or removes an overlap, so this ends.
 */
static int resolve_overlaps(struct e820 *m)
{
	u32 i = 0;

	while (i + 1 < m->n) {
		if (end_of(&m->e[i]) <= m->e[i + 1].base) {
			i++;
			continue;
		}
		int ret = resolve_pair(m, i);
		if (ret != 0)
			return ret;
		sort_by_base(m);
		i = 0;
	}
	return 0;
}

static void merge_neighbours(struct e820 *m)
{
	u32 i = 0;

	while (i + 1 < m->n) {
		struct e820_entry *a = &m->e[i], *b = &m->e[i + 1];

		if (a->type != b->type || end_of(a) != b->base) {
			i++;
			continue;
		}
		a->size += b->size;
		remove_at(m, i + 1);
	}
}

int e820_sanitize(struct e820 *m)
{
	int ret;

	drop_invalid(m);
	sort_by_base(m);
	ret = resolve_overlaps(m);
	if (ret != 0)
		return ret;
	merge_neighbours(m);
	return 0;
}

static u32 count_splits(const struct e820 *m, u64 base, u64 end)
{
	u32 n = 0;

	for (u32 i = 0; i < m->n; i++) {
		const struct e820_entry *e = &m->e[i];

		if (e->type == E820_RAM && e->base < base && end_of(e) > end)
			n++;
	}
	return n;
}

/* Cut [@base, @end) out of entry @i; returns where the next entry is. */
static u32 cut_entry(struct e820 *m, u32 i, u64 base, u64 end)
{
	struct e820_entry *e = &m->e[i];
	struct e820_entry tail = { end, end_of(e) - end, e->type };
	bool has_head = e->base < base;
	bool has_tail = end_of(e) > end;

	if (has_head) {
		e->size = base - e->base;
		if (has_tail)
			insert_at(m, i + 1, tail);
		return has_tail ? i + 2 : i + 1;
	}
	if (has_tail) {
		*e = tail;
		return i + 1;
	}
	remove_at(m, i);
	return i;
}

int e820_cut(struct e820 *m, u64 base, u64 size)
{
	u64 end = base + size;
	u32 i = 0;

	if (!valid(base, size))
		return -EINVAL;
	if (count_splits(m, base, end) > m->cap - m->n)
		return -ENOSPC;
	while (i < m->n) {
		const struct e820_entry *e = &m->e[i];

		if (e->type == E820_RAM && e->base < end && end_of(e) > base)
			i = cut_entry(m, i, base, end);
		else
			i++;
	}
	return 0;
}

/* The highest aligned place for @size bytes inside [@lo, @hi). */
static bool place_top(u64 lo, u64 hi, u64 size, u64 align, u64 *base)
{
	if (hi < lo || hi - lo < size)
		return false;
	*base = align_down(hi - size, align);
	return *base >= lo;
}

int e820_alloc_top(const struct e820 *m, u64 size, u64 align, u64 min, u64 max,
		   u64 *base)
{
	bool found = false;
	u64 best = 0;

	if (size == 0 || !is_power_of_two(align) || min >= max)
		return -EINVAL;
	for (u32 i = 0; i < m->n; i++) {
		const struct e820_entry *e = &m->e[i];
		u64 at;

		if (e->type != E820_RAM ||
		    !place_top(MAX(e->base, min), MIN(end_of(e), max), size,
			       align, &at))
			continue;
		best = found ? MAX(best, at) : at;
		found = true;
	}
	if (!found)
		return -ENOMEM;
	*base = best;
	return 0;
}

u64 e820_end(const struct e820 *m)
{
	u64 end = 0;

	for (u32 i = 0; i < m->n; i++)
		end = MAX(end, end_of(&m->e[i]));
	return end;
}

/* The entry of type RAM that holds @addr. */
static const struct e820_entry *ram_at(const struct e820 *m, u64 addr)
{
	for (u32 i = 0; i < m->n; i++) {
		const struct e820_entry *e = &m->e[i];

		if (e->type == E820_RAM && e->base <= addr && addr < end_of(e))
			return e;
	}
	return NULL;
}

static bool claimed(const struct e820 *m, u64 base, u64 end)
{
	for (u32 i = 0; i < m->n; i++) {
		const struct e820_entry *e = &m->e[i];

		if (e->type != E820_RAM && e->base < end && end_of(e) > base)
			return true;
	}
	return false;
}

bool e820_is_ram(const struct e820 *m, u64 base, u64 size)
{
	u64 end = base + size;
	u64 at = base;

	if (!valid(base, size) || claimed(m, base, end))
		return false;
	while (at < end) {
		const struct e820_entry *e = ram_at(m, at);

		if (e == NULL)
			return false;
		at = end_of(e);
	}
	return true;
}

u64 e820_ram_bytes(const struct e820 *m)
{
	u64 sum = 0;

	for (u32 i = 0; i < m->n; i++) {
		if (m->e[i].type == E820_RAM)
			sum += m->e[i].size;
	}
	return sum;
}
