/* SPDX-License-Identifier: BSD-2-Clause */
/* The device's side of a queue against a driver's, and against a liar. */
#include "virtio/virtqueue.h"
#include "tests/driver.h"
#include "tests/test.h"

#include <errno.h>
#include <stdlib.h>

#define SEG    MIB
#define SEGS   2
#define TABLES 0x40000 /* indirect tables, one for each head */
#define DATA   0x80000 /* buffers, across the border of the segments */
#define SPAN   0x100000
#define BUFS   12

static u8 *backing;
static struct guest_mem mem;
static struct virtqueue vq;
static struct driver_queue drv;
static struct vq_chain chain;

/* Two segments, adjacent to the guest and not to us. */
static int group_setup(void **state)
{
	(void)state;
	backing = aligned_alloc(4096, 4 * SEG);
	if (!backing)
		return -1;
	memset(backing, 0, 4 * SEG);
	guest_mem_split(&mem, SEGS * SEG);
	return guest_mem_add(&mem, GPA(0), SEG, backing + 2 * SEG) ||
	       guest_mem_add(&mem, GPA(SEG), SEG, backing);
}

static int group_teardown(void **state)
{
	(void)state;
	free(backing);
	return 0;
}

static void start(u16 size, bool event_idx, bool indirect)
{
	memset(&vq, 0, sizeof(vq));
	vq.mem = &mem;
	vq.max_size = VQ_SIZE_MAX;
	vq_reset(&vq);
	driver_init(&drv, &mem, 0x1000, size, event_idx);
	vq.size = size;
	vq.desc_at = drv.desc_at;
	vq.avail_at = drv.avail_at;
	vq.used_at = drv.used_at;
	assert_int_equal(vq_enable(&vq, event_idx, indirect), 0);
}

/* A generator of our own: the same on every machine. */
static u64 seed = 1;

static u32 rnd(u32 below)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (u32)(seed >> 33) % below;
}

static u8 *byte_at(u64 gpa)
{
	return guest_mem_at(&mem, GPA(gpa), 1);
}

/* What the driver remembers of a chain it gave away. */
struct pending {
	struct driver_buf buf[BUFS];
	u32 n;
	u8 key;
	u32 wrote;
	bool live;
};

static struct pending pending[DRIVER_SIZE_MAX];

static void make_bufs(struct pending *p, u32 n)
{
	u32 outs = rnd(n + 1), i;

	p->n = n;
	p->key = (u8)rnd(256);
	for (i = 0; i < n; i++) {
		p->buf[i].len = 1 + rnd(300);
		p->buf[i].gpa = DATA + rnd(SPAN - 300);
		p->buf[i].in = i >= outs;
	}
}

/*
 * Buffers of several chains may overlap, as nothing forbids that; so the
 * chain's shape is checked here, by addresses, and data in tests of devices.
 */
static void check_chain(const struct pending *p)
{
	u64 out = 0, in = 0, at;
	u32 i, v = 0;

	for (i = 0; i < p->n; i++) {
		if (p->buf[i].in)
			in += p->buf[i].len;
		else
			out += p->buf[i].len;
		for (at = 0; at < p->buf[i].len; v++) {
			assert_ptr_equal(chain.iov[v].iov_base,
					 byte_at(p->buf[i].gpa + at));
			at += chain.iov[v].iov_len;
		}
		assert_int_equal(at, p->buf[i].len);
	}
	assert_int_equal(v, chain.out + chain.in);
	assert_int_equal(chain.out_len, out);
	assert_int_equal(chain.in_len, in);
}

static u16 taken[DRIVER_SIZE_MAX];
static u32 ntaken;

static void device_pop(void)
{
	int rc = vq_pop(&vq, &chain);

	assert_in_range(rc, 0, 1);
	if (!rc)
		return;
	assert_true(pending[chain.head].live);
	check_chain(&pending[chain.head]);
	taken[ntaken++] = chain.head;
}

/* In any order, as disks do. Returns whether a signal is wanted. */
static bool device_push(void)
{
	u32 i = rnd(ntaken);
	u16 head = taken[i];

	taken[i] = taken[--ntaken];
	pending[head].wrote = rnd(10000);
	vq_push(&vq, head, pending[head].wrote);
	return vq_wants_signal(&vq);
}

static bool driver_give(bool indirect)
{
	struct pending p = { .live = true };
	u64 table = 0;
	int head;

	make_bufs(&p, 1 + rnd(BUFS < drv.size ? BUFS : drv.size));
	if (indirect && rnd(2))
		table = TABLES + (u64)(drv.free_count
					       ? drv.free[drv.free_count - 1]
					       : 0) *
					 16 * BUFS;
	head = driver_add(&drv, p.buf, p.n, table);
	if (head < 0)
		return false;
	pending[head] = p;
	return true;
}

static void driver_collect(void)
{
	u16 head;
	u32 len;

	while (driver_take(&drv, &head, &len)) {
		assert_true(pending[head].live);
		assert_int_equal(len, pending[head].wrote);
		pending[head].live = false;
	}
}

/* Long enough for the 16-bit indexes to wrap several times. */
static void run_random(u16 size, bool event_idx, bool indirect, u32 rounds)
{
	bool idle = true, waits;
	u32 i, before, given = 0;

	start(size, event_idx, indirect);
	memset(pending, 0, sizeof(pending));
	ntaken = 0;
	for (i = 0; i < rounds; i++) {
		if (driver_give(indirect)) {
			given++;
			/* Who found nothing must hear of the next one. */
			if (driver_publish(&drv))
				idle = false;
			assert_false(idle);
		}
		while (rnd(3)) {
			before = ntaken;
			device_pop();
			idle = ntaken == before;
			if (idle)
				break;
		}
		waits = rnd(2);
		if (waits)
			driver_want_interrupt(&drv);
		waits = waits && drv.last_used == vq.next_used;
		if (ntaken && rnd(2)) {
			bool told = device_push();

			/* Who waits for the next one must be told of it. */
			assert_true(!waits || told);
		}
		if (rnd(2))
			driver_collect();
	}
	while (ntaken)
		device_push();
	driver_collect();
	assert_null(vq.broken);
	assert_true(given > rounds / 8);
}

static void test_random_plain(void **state)
{
	(void)state;
	run_random(1, false, false, 20000);
	run_random(16, false, false, 100000);
	run_random(256, false, false, 30000);
}

static void test_random_event_idx(void **state)
{
	(void)state;
	run_random(1, true, false, 20000);
	run_random(16, true, false, 200000);
}

static void test_random_indirect(void **state)
{
	(void)state;
	run_random(4, true, true, 50000);
	run_random(256, false, true, 50000);
	run_random(64, true, true, 200000);
}

static void test_wraps(void **state)
{
	const struct driver_buf b = { DATA, 16, true };
	u16 head;
	u32 i, len;

	(void)state;
	start(8, true, false);
	for (i = 0; i < 140000; i++) {
		driver_want_interrupt(&drv);
		assert_true(driver_add(&drv, &b, 1, 0) >= 0);
		assert_true(driver_publish(&drv));
		assert_int_equal(vq_pop(&vq, &chain), 1);
		assert_int_equal(vq_pop(&vq, &chain), 0);
		vq_push(&vq, chain.head, i);
		assert_true(vq_wants_signal(&vq));
		assert_false(vq_wants_signal(&vq));
		assert_true(driver_take(&drv, &head, &len));
		assert_int_equal(len, i);
	}
}

/* While there is work, neither side disturbs the other. */
static void test_suppression(void **state)
{
	const struct driver_buf b = { DATA, 16, false };
	bool event_idx = false;

	(void)state;
	do {
		start(8, event_idx, false);
		driver_add(&drv, &b, 1, 0);
		driver_add(&drv, &b, 1, 0);
		assert_true(driver_publish(&drv));
		assert_int_equal(vq_pop(&vq, &chain), 1);
		driver_add(&drv, &b, 1, 0);
		assert_false(driver_publish(&drv));
		assert_int_equal(vq_pop(&vq, &chain), 1);
		assert_int_equal(vq_pop(&vq, &chain), 1);
		assert_int_equal(vq_pop(&vq, &chain), 0);
		driver_add(&drv, &b, 1, 0);
		assert_true(driver_publish(&drv));
		event_idx = !event_idx;
	} while (event_idx);
	/* The driver does not want to hear of the first, but of the second. */
	start(8, true, false);
	driver_add(&drv, &b, 1, 0);
	driver_add(&drv, &b, 1, 0);
	drv.avail->ring[8] = 1;
	driver_publish(&drv);
	assert_int_equal(vq_pop(&vq, &chain), 1);
	vq_push(&vq, chain.head, 0);
	assert_false(vq_wants_signal(&vq));
	assert_int_equal(vq_pop(&vq, &chain), 1);
	vq_push(&vq, chain.head, 0);
	assert_true(vq_wants_signal(&vq));
	start(8, false, false);
	drv.avail->flags = VRING_AVAIL_F_NO_INTERRUPT;
	driver_add(&drv, &b, 1, 0);
	driver_publish(&drv);
	assert_int_equal(vq_pop(&vq, &chain), 1);
	vq_push(&vq, chain.head, 0);
	assert_false(vq_wants_signal(&vq));
}

static void test_copies(void **state)
{
	const struct driver_buf b[] = { { SEG - 3, 10, false },
					{ 0x5000, 1, false },
					{ 0x6000, 4, true },
					{ SEG - 1, 6, true } };
	u8 bytes[32];
	u32 i;

	(void)state;
	start(8, false, false);
	for (i = 0; i < 11; i++)
		*byte_at(i < 10 ? SEG - 3 + i : 0x5000) = (u8)i;
	driver_add(&drv, b, 4, 0);
	driver_publish(&drv);
	assert_int_equal(vq_pop(&vq, &chain), 1);
	assert_int_equal(chain.out, 3);
	assert_int_equal(chain.in, 3);
	assert_int_equal(vq_chain_read(&chain, 0, bytes, 32), 11);
	for (i = 0; i < 11; i++)
		assert_int_equal(bytes[i], i);
	assert_int_equal(vq_chain_read(&chain, 9, bytes, 32), 2);
	assert_int_equal(bytes[1], 10);
	assert_int_equal(vq_chain_read(&chain, 11, bytes, 32), 0);
	memset(bytes, 0xa5, sizeof(bytes));
	assert_int_equal(vq_chain_write(&chain, 3, bytes, 32), 7);
	assert_int_equal(*byte_at(0x6002), 0);
	assert_int_equal(*byte_at(0x6003), 0xa5);
	assert_int_equal(*byte_at(SEG + 4), 0xa5);
	assert_int_equal(vq_chain_write(&chain, 10, bytes, 1), 0);
}

static int try_enable(u16 size, u64 desc, u64 avail, u64 used)
{
	vq_reset(&vq);
	vq.size = size;
	vq.desc_at = desc;
	vq.avail_at = avail;
	vq.used_at = used;
	return vq_enable(&vq, false, false);
}

static void test_enable(void **state)
{
	const u64 end = SEGS * SEG;

	(void)state;
	start(8, false, false);
	assert_int_equal(try_enable(8, 0x1000, 0x2000, 0x3000), 0);
	assert_int_equal(try_enable(0, 0x1000, 0x2000, 0x3000), -EINVAL);
	assert_int_equal(try_enable(3, 0x1000, 0x2000, 0x3000), -EINVAL);
	assert_int_equal(try_enable(512, 0x1000, 0x2000, 0x3000), -EINVAL);
	assert_int_equal(try_enable(8, 0x1008, 0x2000, 0x3000), -EINVAL);
	assert_int_equal(try_enable(8, 0x1000, 0x2001, 0x3000), -EINVAL);
	assert_int_equal(try_enable(8, 0x1000, 0x2000, 0x3002), -EINVAL);
	assert_int_equal(try_enable(8, end, 0x2000, 0x3000), -EINVAL);
	assert_int_equal(try_enable(8, end - 112, 0x2000, 0x3000), -EINVAL);
	assert_int_equal(try_enable(8, 0x1000, end - 20, 0x3000), -EINVAL);
	assert_int_equal(try_enable(8, 0x1000, end - 22, 0x3000), 0);
	assert_int_equal(try_enable(8, 0x1000, 0x2000, end - 68), -EINVAL);
	assert_int_equal(try_enable(8, ~15ULL, 0x2000, 0x3000), -EINVAL);
	assert_int_equal(vq_pop(&vq, &chain), -EIO);
	assert_true(vq.broken != NULL);
	vq_reset(&vq);
	assert_int_equal(vq_pop(&vq, &chain), 0);
	vq_push(&vq, 0, 0);
	assert_false(vq_wants_signal(&vq));
}

#define NEXT VRING_DESC_F_NEXT
#define WR   VRING_DESC_F_WRITE
#define IND  VRING_DESC_F_INDIRECT

/* Chains that break a rule; the table at TABLES is filled from table[]. */
struct bad_chain {
	const char *rule;
	struct vring_desc desc[4];
	struct vring_desc table[4];
	bool fine; /* to see that it is not the rest that fails */
};

/* clang-format off */
static const struct bad_chain bad_chains[] = {
	{ "", { { DATA, 1, NEXT, 1 }, { DATA, 1, WR, 9 } }, { { 0 } }, true },
	{ "descriptor index", { { DATA, 1, NEXT, 8 } }, { { 0 } }, false },
	{ "loop", { { DATA, 1, NEXT, 0 } }, { { 0 } }, false },
	{ "loop", { { DATA, 1, NEXT, 1 }, { DATA, 1, NEXT, 0 } },
	  { { 0 } }, false },
	{ "empty", { { DATA, 0, 0, 0 } }, { { 0 } }, false },
	{ "wrapping", { { ~0ULL - 4, 10, 0, 0 } }, { { 0 } }, false },
	{ "outside", { { 2 * SEG - 1, 2, 0, 0 } }, { { 0 } }, false },
	{ "outside", { { 1ULL << 40, 2, WR, 0 } }, { { 0 } }, false },
	{ "readable", { { DATA, 1, NEXT | WR, 1 }, { DATA, 1, 0, 0 } },
	  { { 0 } }, false },
	{ "", { { TABLES, 32, IND, 0 } },
	  { { DATA, 1, NEXT, 1 }, { DATA, 1, WR, 0 } }, true },
	{ "", { { DATA, 1, NEXT, 1 }, { TABLES, 16, IND | WR, 0 } },
	  { { DATA, 1, WR, 0 } }, true },
	{ "length", { { TABLES, 0, IND, 0 } }, { { 0 } }, false },
	{ "length", { { TABLES, 17, IND, 0 } }, { { 0 } }, false },
	{ "indirect table outside", { { 2 * SEG - 16, 32, IND, 0 } },
	  { { 0 } }, false },
	{ "not allowed", { { TABLES, 16, IND | NEXT, 1 }, { DATA, 1, 0, 0 } },
	  { { DATA, 1, 0, 0 } }, false },
	{ "not allowed", { { TABLES, 32, IND, 0 } },
	  { { TABLES, 16, IND, 0 } }, false },
	{ "descriptor index", { { TABLES, 32, IND, 0 } },
	  { { DATA, 1, NEXT, 2 } }, false },
	{ "loop", { { TABLES, 32, IND, 0 } },
	  { { DATA, 1, NEXT, 1 }, { DATA, 1, NEXT, 0 } }, false },
};
/* clang-format on */

static void test_bad_chains(void **state)
{
	size_t i;
	int rc;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad_chains); i++) {
		const struct bad_chain *b = &bad_chains[i];

		start(8, false, true);
		memcpy(drv.desc, b->desc, sizeof(b->desc));
		guest_mem_write(&mem, GPA(TABLES), b->table, sizeof(b->table));
		drv.avail->idx = 1;
		rc = vq_pop(&vq, &chain);
		if (b->fine) {
			assert_int_equal(rc, 1);
			continue;
		}
		assert_int_equal(rc, -EIO);
		assert_non_null(strstr(vq.broken, b->rule));
		/* For good. */
		memset(drv.desc, 0, 128);
		assert_int_equal(vq_pop(&vq, &chain), -EIO);
	}
	start(8, false, false);
	drv.desc[0] = (struct vring_desc){ TABLES, 32, IND, 0 };
	drv.avail->idx = 1;
	assert_int_equal(vq_pop(&vq, &chain), -EIO);
}

static void test_bad_indexes(void **state)
{
	const struct driver_buf b = { DATA, 16, false };
	u32 i;

	(void)state;
	start(8, false, false);
	drv.avail->idx = 9;
	assert_int_equal(vq_pop(&vq, &chain), -EIO);
	start(8, false, false);
	drv.avail->idx = 0xffff;
	assert_int_equal(vq_pop(&vq, &chain), -EIO);
	start(8, false, false);
	drv.avail->ring[0] = 8;
	drv.avail->idx = 1;
	assert_int_equal(vq_pop(&vq, &chain), -EIO);
	/* One chain more than there are descriptors. */
	start(8, false, false);
	for (i = 0; i < 8; i++)
		driver_add(&drv, &b, 1, 0);
	driver_publish(&drv);
	for (i = 0; i < 8; i++)
		assert_int_equal(vq_pop(&vq, &chain), 1);
	drv.avail->idx = 9;
	assert_int_equal(vq_pop(&vq, &chain), -EIO);
}

/* Everything the guest can write is noise: nothing but errors come of it. */
static void test_hostile(void **state)
{
	u32 round, i, broken = 0, popped = 0;

	(void)state;
	for (round = 0; round < 100000; round++) {
		u8 *ring = byte_at(0x1000);

		start((u16)(1U << rnd(5)), rnd(2), rnd(2));
		for (i = 0; i < 64; i++)
			ring[rnd(600)] = (u8)rnd(256);
		for (i = 0; i < drv.size && rnd(4); i++) {
			drv.desc[i].addr = rnd(3) ? rnd(2 * SEG) : DATA;
			drv.desc[i].len = rnd(3) ? 1 + rnd(64) : rnd(3 * SEG);
			drv.desc[i].flags = (u16)rnd(8);
			drv.desc[i].next = (u16)rnd(drv.size + 1U);
		}
		drv.avail->idx = (u16)rnd(drv.size + 2U);
		for (i = 0; i < 40 && vq_pop(&vq, &chain) == 1; i++) {
			assert_true(chain.out + chain.in <= VQ_SEGS);
			popped++;
			if (rnd(2))
				vq_push(&vq, chain.head, rnd(1000));
			drv.avail->idx = (u16)(drv.avail->idx + rnd(2));
		}
		vq_wants_signal(&vq);
		broken += vq.broken != NULL;
	}
	/* Not all noise is refused, nor is all taken. */
	assert_in_range(broken, 1000, 99999);
	assert_true(popped > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_enable),          TEST(test_copies),
		TEST(test_suppression),     TEST(test_wraps),
		TEST(test_random_plain),    TEST(test_random_event_idx),
		TEST(test_random_indirect), TEST(test_bad_chains),
		TEST(test_bad_indexes),     TEST(test_hostile),
	};

	return cmocka_run_group_tests_name("dm virtqueue", tests, group_setup,
					   group_teardown);
}
