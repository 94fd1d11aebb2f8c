/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/driver.h"

#include <stdlib.h>
#include <string.h>

static uint16_t *used_event(const struct driver_queue *q)
{
	return &q->avail->ring[q->size];
}

static uint16_t *avail_event(const struct driver_queue *q)
{
	return (uint16_t *)(void *)&q->used->ring[q->size];
}

static void *must_have(const struct guest_mem *mem, uint64_t at, uint64_t len)
{
	void *p = guest_mem_at(mem, GPA(at), len);

	if (!p)
		abort();
	memset(p, 0, len);
	return p;
}

uint64_t driver_init(struct driver_queue *q, const struct guest_mem *mem,
		     uint64_t at, uint16_t size, bool event_idx)
{
	uint16_t i;

	memset(q, 0, sizeof(*q));
	q->mem = mem;
	q->size = size;
	q->event_idx = event_idx;
	q->desc_at = align_up(at, 16);
	q->avail_at = q->desc_at + 16ULL * size;
	q->used_at = align_up(q->avail_at + 6 + 2ULL * size, 4);
	q->desc = must_have(mem, q->desc_at, 16ULL * size);
	q->avail = must_have(mem, q->avail_at, 6 + 2ULL * size);
	q->used = must_have(mem, q->used_at, 6 + 8ULL * size);
	for (i = 0; i < size; i++)
		q->free[i] = i;
	q->free_count = size;
	return q->used_at + 6 + 8ULL * size;
}

static struct vring_desc make_desc(const struct driver_buf *b, uint16_t flags,
				   uint16_t next)
{
	return (struct vring_desc){
		.addr = b->gpa,
		.len = b->len,
		.flags = (uint16_t)(flags | (b->in ? VRING_DESC_F_WRITE : 0)),
		.next = next,
	};
}

static uint16_t take_desc(struct driver_queue *q)
{
	return q->free[--q->free_count];
}

static uint16_t add_indirect(struct driver_queue *q,
			     const struct driver_buf *buf, uint32_t n,
			     uint64_t table)
{
	struct vring_desc d;
	uint16_t head = take_desc(q);
	uint32_t i;

	for (i = 0; i < n; i++) {
		d = make_desc(&buf[i], i + 1 < n ? VRING_DESC_F_NEXT : 0,
			      (uint16_t)(i + 1));
		if (guest_mem_write(q->mem, GPA(table + 16 * i), &d, 16))
			abort();
	}
	q->desc[head] = (struct vring_desc){ .addr = table,
					     .len = 16 * n,
					     .flags = VRING_DESC_F_INDIRECT };
	q->held[head] = 1;
	return head;
}

static uint16_t add_direct(struct driver_queue *q, const struct driver_buf *buf,
			   uint32_t n)
{
	uint16_t head = take_desc(q), at = head, next;
	uint32_t i;

	for (i = 0; i < n; i++) {
		next = i + 1 < n ? take_desc(q) : 0;
		q->desc[at] = make_desc(
			&buf[i], i + 1 < n ? VRING_DESC_F_NEXT : 0, next);
		at = next;
	}
	q->held[head] = (uint16_t)n;
	return head;
}

int driver_add(struct driver_queue *q, const struct driver_buf *buf, uint32_t n,
	       uint64_t table)
{
	uint16_t head;

	if (q->free_count < (table ? 1 : n))
		return -1;
	head = table ? add_indirect(q, buf, n, table) : add_direct(q, buf, n);
	q->avail->ring[q->avail_idx++ % q->size] = head;
	return head;
}

bool driver_publish(struct driver_queue *q)
{
	uint16_t old = q->published, now = q->avail_idx;

	__atomic_store_n(&q->avail->idx, now, __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	q->published = now;
	if (!q->event_idx)
		return !(__atomic_load_n(&q->used->flags, __ATOMIC_ACQUIRE) &
			 VRING_USED_F_NO_NOTIFY);
	return vring_need_event(
		__atomic_load_n(avail_event(q), __ATOMIC_ACQUIRE), now, old);
}

static void free_chain(struct driver_queue *q, uint16_t head)
{
	uint16_t at = head, n;

	for (n = q->held[head]; n; n--) {
		q->free[q->free_count++] = at;
		at = q->desc[at].next;
	}
	q->held[head] = 0;
}

bool driver_take(struct driver_queue *q, uint16_t *head, uint32_t *len)
{
	struct vring_used_elem e;

	if (__atomic_load_n(&q->used->idx, __ATOMIC_ACQUIRE) == q->last_used)
		return false;
	e = q->used->ring[q->last_used++ % q->size];
	if (e.id >= q->size || !q->held[e.id])
		abort(); /* not a chain the device has */
	free_chain(q, (uint16_t)e.id);
	*head = (uint16_t)e.id;
	*len = e.len;
	return true;
}

void driver_want_interrupt(struct driver_queue *q)
{
	__atomic_store_n(used_event(q), q->last_used, __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}
