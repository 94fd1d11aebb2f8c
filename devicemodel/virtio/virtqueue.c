/* SPDX-License-Identifier: BSD-2-Clause */
#include "virtio/virtqueue.h"

#include <errno.h>
#include <string.h>

/* VIRTIO 1.2, 2.7: sizes and places of the three parts. */
#define DESC_SIZE  sizeof(struct vring_desc)
#define AVAIL_IDX  2U
#define AVAIL_RING 4U
#define USED_IDX   2U
#define USED_RING  4U
#define USED_SIZE  sizeof(struct vring_used_elem)
#define EVENT_SIZE 2U
static_assert(DESC_SIZE == 16 && USED_SIZE == 8, "VIRTIO 1.2, 2.7.5, 2.7.8");
static_assert((VQ_SIZE_MAX & (VQ_SIZE_MAX - 1)) == 0, "VIRTIO 1.2, 2.7");

/* VIRTIO 1.2, 2.7.4.2: no chain is longer than 4 GiB in total. */
#define CHAIN_MAX (4 * GIB)

/* A table of descriptors: the queue's own, or an indirect one. */
struct desc_table {
	const u8 *base;
	u64 count;
	bool indirect;
};

static int vq_break(struct virtqueue *vq, const char *rule)
{
	vq->broken = rule;
	return -EIO;
}

/* Vrings are naturally aligned, so one access each; little-endian as we. */
static u16 load_u16(const u8 *p)
{
	return __atomic_load_n((const u16 *)(const void *)p, __ATOMIC_ACQUIRE);
}

static void store_u16(u8 *p, u16 val)
{
	__atomic_store_n((u16 *)(void *)p, val, __ATOMIC_RELEASE);
}

/* The barrier keeps the compiler from reading the guest's copy again. */
static struct vring_desc load_desc(const struct desc_table *t, u32 index)
{
	struct vring_desc d;

	memcpy(&d, t->base + index * DESC_SIZE, sizeof(d));
	__asm__ volatile("" ::: "memory");
	return d;
}

void vq_reset(struct virtqueue *vq)
{
	*vq = (struct virtqueue){ .mem = vq->mem,
				  .max_size = vq->max_size,
				  .size = vq->max_size };
}

int vq_enable(struct virtqueue *vq, bool event_idx, bool indirect)
{
	const u64 n = vq->size;

	vq->broken = "queue size or address";
	if (n == 0 || n > vq->max_size || (n & (n - 1)))
		return -EINVAL;
	if (vq->desc_at % 16 || vq->avail_at % 2 || vq->used_at % 4)
		return -EINVAL;
	vq->desc = guest_mem_at(vq->mem, GPA(vq->desc_at), n * DESC_SIZE);
	vq->avail = guest_mem_at(vq->mem, GPA(vq->avail_at),
				 AVAIL_RING + 2 * n + EVENT_SIZE);
	vq->used = guest_mem_at(vq->mem, GPA(vq->used_at),
				USED_RING + USED_SIZE * n + EVENT_SIZE);
	if (!vq->desc || !vq->avail || !vq->used)
		return -EINVAL;
	vq->broken = NULL;
	vq->event_idx = event_idx;
	vq->indirect = indirect;
	vq->enabled = true;
	return 0;
}

/* The driver's wish not to be disturbed, and ours; 2.7.10 and 2.7.7. */
static u8 *used_event(const struct virtqueue *vq)
{
	return vq->avail + AVAIL_RING + 2U * vq->size;
}

static u8 *avail_event(const struct virtqueue *vq)
{
	return vq->used + USED_RING + USED_SIZE * vq->size;
}

static void kicks_off(struct virtqueue *vq)
{
	if (vq->suppressed)
		return;
	vq->suppressed = true;
	/* With event indexes an old one that is never reached does it. */
	if (!vq->event_idx)
		store_u16(vq->used, VRING_USED_F_NO_NOTIFY);
}

static void kicks_on(struct virtqueue *vq)
{
	vq->suppressed = false;
	if (vq->event_idx)
		store_u16(avail_event(vq), vq->next_avail);
	else
		store_u16(vq->used, 0);
	/* The driver reads it after it has moved its index. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* How many chains wait, up to size; -EIO for an index that jumped. */
static int vq_waiting(struct virtqueue *vq)
{
	u16 n = (u16)(load_u16(vq->avail + AVAIL_IDX) - vq->next_avail);

	if (n > vq->size)
		return vq_break(vq, "available index jumped");
	return n;
}

static int vq_next_head(struct virtqueue *vq, u16 *head)
{
	int n = vq_waiting(vq);

	if (n == 0) {
		kicks_on(vq);
		n = vq_waiting(vq);
	}
	if (n <= 0)
		return n;
	/* Each chain in flight holds a descriptor at least. */
	if (vq->in_flight == vq->size)
		return vq_break(vq, "more chains than descriptors");
	kicks_off(vq);
	*head = load_u16(vq->avail + AVAIL_RING +
			 2U * (vq->next_avail & (vq->size - 1U)));
	return 1;
}

/* Memory that is one piece to the guest may be several to us. */
static int chain_add_runs(struct virtqueue *vq, struct vq_chain *c, u64 gpa,
			  u64 len)
{
	u64 run;
	void *p;

	while (len) {
		run = len;
		p = guest_mem_run(vq->mem, GPA(gpa), &run);
		if (!p)
			return vq_break(vq, "buffer outside of memory");
		if (c->out + c->in == VQ_SEGS)
			return vq_break(vq, "too many buffers");
		c->iov[c->out + c->in] = (struct iovec){ p, run };
		c->in++;
		gpa += run;
		len -= run;
	}
	return 0;
}

static int chain_add(struct virtqueue *vq, struct vq_chain *c,
		     const struct vring_desc *d)
{
	bool in = d->flags & VRING_DESC_F_WRITE;
	u16 before = c->in;
	int rc;

	if (!d->len || d->addr + d->len < d->addr)
		return vq_break(vq, "empty or wrapping buffer");
	if (!in && c->in)
		return vq_break(vq, "readable buffer after a writable one");
	if (c->out_len + c->in_len + d->len > CHAIN_MAX)
		return vq_break(vq, "chain longer than 4 GiB");
	rc = chain_add_runs(vq, c, d->addr, d->len);
	if (rc)
		return rc;
	if (in) {
		c->in_len += d->len;
		return 0;
	}
	c->out = (u16)(c->out + c->in - before);
	c->in = before;
	c->out_len += d->len;
	return 0;
}

static int enter_indirect(struct virtqueue *vq, struct desc_table *t,
			  const struct vring_desc *d)
{
	if (!vq->indirect || t->indirect || (d->flags & VRING_DESC_F_NEXT))
		return vq_break(vq, "indirect table not allowed here");
	if (!d->len || d->len % DESC_SIZE)
		return vq_break(vq, "length of an indirect table");
	t->base = guest_mem_at(vq->mem, GPA(d->addr), d->len);
	if (!t->base)
		return vq_break(vq, "indirect table outside of memory");
	t->count = d->len / DESC_SIZE;
	t->indirect = true;
	return 0;
}

/* Ends after size descriptors at the latest, whatever the guest links. */
static int chain_walk(struct virtqueue *vq, struct vq_chain *c)
{
	struct desc_table t = { vq->desc, vq->size, false };
	u32 index = c->head, left = vq->size;
	struct vring_desc d;
	int rc;

	for (;;) {
		if (index >= t.count)
			return vq_break(vq, "descriptor index");
		d = load_desc(&t, index);
		if (d.flags & VRING_DESC_F_INDIRECT) {
			rc = enter_indirect(vq, &t, &d);
			if (rc)
				return rc;
			index = 0;
			continue;
		}
		if (left-- == 0)
			return vq_break(vq, "loop, or chain too long");
		rc = chain_add(vq, c, &d);
		if (rc || !(d.flags & VRING_DESC_F_NEXT))
			return rc;
		index = d.next;
	}
}

int vq_pop(struct virtqueue *vq, struct vq_chain *chain)
{
	int rc;

	if (vq->broken)
		return -EIO;
	if (!vq->enabled)
		return 0;
	rc = vq_next_head(vq, &chain->head);
	if (rc <= 0)
		return rc;
	chain->out = 0;
	chain->in = 0;
	chain->out_len = 0;
	chain->in_len = 0;
	rc = chain_walk(vq, chain);
	if (rc)
		return rc;
	vq->next_avail++;
	vq->in_flight++;
	return 1;
}

void vq_push(struct virtqueue *vq, u16 head, u32 len)
{
	const struct vring_used_elem e = { head, len };

	if (vq->broken || !vq->enabled)
		return;
	memcpy(vq->used + USED_RING +
		       USED_SIZE * (vq->next_used & (vq->size - 1U)),
	       &e, sizeof(e));
	vq->next_used++;
	vq->in_flight--;
	store_u16(vq->used + USED_IDX, vq->next_used);
}

bool vq_wants_signal(struct virtqueue *vq)
{
	u16 old = vq->told_used, now = vq->next_used, event;

	if (vq->broken || !vq->enabled || old == now)
		return false;
	/* The used index must be out before the driver's wish is read. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	vq->told_used = now;
	if (!vq->event_idx)
		return !(load_u16(vq->avail) & VRING_AVAIL_F_NO_INTERRUPT);
	event = load_u16(used_event(vq));
	return (u16)(now - event - 1) < (u16)(now - old);
}

/* Bytes of one buffer that [off, off + len) covers; moves all three. */
static u64 iov_step(const struct iovec *v, u64 *off, u64 len, u8 **at)
{
	u64 n;

	if (*off >= v->iov_len) {
		*off -= v->iov_len;
		return 0;
	}
	*at = (u8 *)v->iov_base + *off;
	n = min_u64(v->iov_len - *off, len);
	*off = 0;
	return n;
}

u64 vq_chain_read(const struct vq_chain *chain, u64 off, void *to, u64 len)
{
	u64 done = 0, n;
	u8 *at = NULL;
	u16 i;

	for (i = 0; i < chain->out && done < len; i++) {
		n = iov_step(&chain->iov[i], &off, len - done, &at);
		if (n)
			memcpy((u8 *)to + done, at, n);
		done += n;
	}
	return done;
}

u64 vq_chain_write(const struct vq_chain *chain, u64 off, const void *from,
		   u64 len)
{
	u64 done = 0, n;
	u8 *at = NULL;
	u16 i;

	for (i = 0; i < chain->in && done < len; i++) {
		n = iov_step(&chain->iov[chain->out + i], &off, len - done,
			     &at);
		if (n)
			memcpy(at, (const u8 *)from + done, n);
		done += n;
	}
	return done;
}
