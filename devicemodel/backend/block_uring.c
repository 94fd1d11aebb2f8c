/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Disk requests by io_uring. The ring belongs to the thread of the event
 * loop, which submits and reaps; so it needs no lock. After the loop's end
 * it belongs to whoever closes the disk.
 */
#include "backend/block.h"

#include <errno.h>
#include <liburing.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct block_ring {
	struct io_uring ring;
	struct block *disk;
	struct event_loop *loop;
	struct event_source completions;
	u32 in_flight;
};

/*
 * The queue holds BLOCK_DEPTH entries, so that there is one free whenever
 * what was queued before has been given to the kernel.
 */
static struct io_uring_sqe *ring_entry(struct block_ring *r)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&r->ring);

	if (sqe)
		return sqe;
	block_ring_commit(r);
	return io_uring_get_sqe(&r->ring);
}

static bool ring_queue(struct block_ring *r, struct block_req *req)
{
	struct io_uring_sqe *sqe = ring_entry(r);

	if (!sqe)
		return false;
	if (req->op == BLOCK_READ)
		io_uring_prep_readv(sqe, r->disk->fd, req->iov, req->iov_count,
				    req->off);
	else if (req->op == BLOCK_WRITE)
		io_uring_prep_writev2(sqe, r->disk->fd, req->iov,
				      req->iov_count, req->off,
				      req->durable ? RWF_DSYNC : 0);
	else
		io_uring_prep_fsync(sqe, r->disk->fd, IORING_FSYNC_DATASYNC);
	io_uring_sqe_set_data(sqe, req);
	r->in_flight++;
	return true;
}

bool block_ring_submit(struct block_ring *ring, struct block_req *req)
{
	if (req->op != BLOCK_READ && req->op != BLOCK_WRITE &&
	    req->op != BLOCK_FLUSH)
		return false;
	return ring_queue(ring, req);
}

/* The kernel is short of something that comes back by itself: try again. */
static bool is_passing(int rc)
{
	return rc == -EINTR || rc == -EAGAIN || rc == -EBUSY;
}

void block_ring_commit(struct block_ring *ring)
{
	while (is_passing(io_uring_submit(&ring->ring)))
		sched_yield();
}

/* What is left of a transfer that came short goes on; else 0 or an error. */
static int ring_result(struct block_ring *r, struct block_req *req, int res)
{
	bool moves = req->op != BLOCK_FLUSH;

	if (res < 0 && !is_passing(res))
		return res;
	if (res >= 0 && !moves)
		return 0;
	if (res == 0)
		return -EIO;
	if (res > 0)
		block_advance(req, (u64)res);
	if (moves && !req->len)
		return 0;
	return ring_queue(r, req) ? -EINPROGRESS : -EIO;
}

static void ring_reap(struct block_ring *r)
{
	struct io_uring_cqe *cqe;
	struct block_req *req;
	int res;

	while (!io_uring_peek_cqe(&r->ring, &cqe)) {
		req = io_uring_cqe_get_data(cqe);
		res = cqe->res;
		io_uring_cqe_seen(&r->ring, cqe);
		r->in_flight--;
		res = ring_result(r, req, res);
		if (res != -EINPROGRESS)
			req->done(req, res);
	}
	block_ring_commit(r);
}

static void on_completions(void *arg, u32 events)
{
	struct block_ring *r = arg;
	u64 count;

	(void)events;
	/* EAGAIN: reaped already. */
	if (read(r->completions.fd, &count, sizeof(count)) == sizeof(count))
		ring_reap(r);
}

static int ring_init(struct block_ring *r)
{
	int rc = io_uring_queue_init(BLOCK_DEPTH, &r->ring, 0);

	if (rc)
		return rc;
	r->completions = (struct event_source){ on_completions, r, -1, false };
	r->completions.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	rc = r->completions.fd < 0
		     ? -errno
		     : io_uring_register_eventfd(&r->ring, r->completions.fd);
	if (!rc)
		rc = event_add(r->loop, &r->completions, EPOLLIN);
	if (!rc)
		return 0;
	if (r->completions.fd >= 0)
		close(r->completions.fd);
	io_uring_queue_exit(&r->ring);
	return rc;
}

struct block_ring *block_ring_open(struct block *disk, struct event_loop *loop,
				   int *rc)
{
	struct block_ring *r = calloc(1, sizeof(*r));

	*rc = -ENOMEM;
	if (!r)
		return NULL;
	r->disk = disk;
	r->loop = loop;
	*rc = ring_init(r);
	if (!*rc)
		return r;
	free(r);
	return NULL;
}

void block_ring_close(struct block_ring *ring)
{
	struct io_uring_cqe *cqe;

	block_ring_commit(ring);
	while (ring->in_flight) {
		if (!io_uring_wait_cqe(&ring->ring, &cqe))
			ring_reap(ring);
	}
	event_remove(ring->loop, &ring->completions);
	io_uring_queue_exit(&ring->ring);
	close(ring->completions.fd);
	free(ring);
}
